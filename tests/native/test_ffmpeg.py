"""FFmpeg's WHIP muxer, as in PyAV: H.264 and Opus, DTLS server, certificate on the curve P-224."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from livehouse_native import MediaNode, SessionReport

PUBLISHER = Path(__file__).parent / "publish_with_pyav.py"


def wait_for(node: MediaNode, condition: Callable[[SessionReport], bool]) -> SessionReport:
    """The report of the only session, once the condition holds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for report in node.report():
            if condition(report):
                return report
        time.sleep(0.05)
    pytest.fail(f"waited in vain; the node reports {node.report()}")


def test_ffmpeg_publishes_and_leaves(node: MediaNode, signalling: str) -> None:
    publisher = subprocess.Popen(
        [sys.executable, PUBLISHER, f"{signalling}/whip?room=room"], stdin=subprocess.PIPE
    )
    try:
        report = wait_for(
            node, lambda report: report.ingest is not None and report.ingest.frames_per_second > 20
        )
        assert report.state == "connected"
        assert report.connected_at == pytest.approx(time.time(), abs=60)
        assert report.media_age_ms is not None
        ingest = report.ingest
        assert ingest is not None
        assert (ingest.codec, ingest.audio_codec) == ("h264", "opus")
        assert (ingest.width, ingest.height) == (320, 240)
        assert ingest.video_bitrate_bps > 1_000
        assert ingest.audio_bitrate_bps > 100
        assert 0 <= ingest.loss_fraction < 0.1
        assert node.counters().ingest_sessions == 1
    finally:
        publisher.communicate(b"stop\n", timeout=30)
    assert publisher.returncode == 0
    assert wait_for(node, lambda report: report.state == "closed").close_reason in ("closed", "left")
