"""Chromium publishes and watches: the picture comes at once, and soon shows the present."""

from __future__ import annotations

import pytest
from livehouse_native import MediaNode
from playwright.sync_api import Browser, Page, sync_playwright

pytestmark = pytest.mark.e2e

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
# A second late would mean that the player works through the replayed group at its own pace.
LATE_MS = 1_000


def open_page(browser: Browser, signalling: str) -> Page:
    page = browser.new_page()
    page.goto(signalling)
    return page


@pytest.mark.parametrize("codec", ["VP8", "AV1", "VP9", "H264"])
def test_a_player_who_joins_late_sees_the_present(node: MediaNode, signalling: str, codec: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        try:
            encoder = open_page(browser, signalling)
            encoder.evaluate(f"publish('{codec}', 'room')")
            # Late enough for a group of three seconds to wait in the cache.
            encoder.wait_for_function(
                "async () => (await statistics('outbound-rtp')).video?.framesSent > 90", timeout=30_000
            )
            player = open_page(browser, signalling)
            player.evaluate("watch('room')")
            player.wait_for_function(
                f"latencies.length > 60 && latencies.at(-1).latency < {LATE_MS}", timeout=30_000
            )
            inbound = player.evaluate("statistics('inbound-rtp')")
            assert inbound["video"]["keyFramesDecoded"] >= 1
            assert inbound["audio"]["packetsReceived"] > 10
            report = next(report for report in node.report() if report.kind == "ingest")
            assert report.ingest is not None
            assert report.ingest.codec == codec.lower()
            assert (report.ingest.width, report.ingest.height) == (640, 360)
            # Chromium answers extended reports, and the way is short.
            assert report.ingest.rtt_ms is not None
            assert 0 <= report.ingest.rtt_ms < LATE_MS
        finally:
            browser.close()
