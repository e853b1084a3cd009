"""The instruments themselves, on two peer connections in one page: they measure what is there."""

from itertools import pairwise
from statistics import median

import pytest
from playwright.sync_api import Page, Route
from tests.e2e.browsers import RealBrowser
from tests.e2e.measuring import (
    chirps_in,
    likeness_to_the_film,
    record_sound,
    sound_latencies_ms,
    video_received,
)
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

LOOP = """async (bufferTargetMs) => {
    const sent = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => there.addIceCandidate(candidate);
    there.onicecandidate = ({ candidate }) => here.addIceCandidate(candidate);
    const video = document.body.appendChild(document.createElement("video"));
    const received = new MediaStream();
    there.ontrack = ({ track, receiver }) => {
        receiver.jitterBufferTarget = bufferTargetMs;
        received.addTrack(track);
    };
    for (const track of sent.getTracks()) here.addTrack(track, sent);
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
    video.srcObject = received;
    await video.play();
    instruments.watchTimeCodes(video);
}"""


def _blank(route: Route) -> None:
    route.fulfill(body="<!doctype html><title>loop</title>", content_type="text/html")


def _loop(browser: RealBrowser, buffer_target_ms: int) -> Page:
    page = browser.open()
    page.context.route("http://localhost/", _blank)
    page.goto("http://localhost/")
    page.evaluate(LOOP, buffer_target_ms)
    return page


def test_picture_sound_and_delay_are_read_as_they_are(publisher: RealBrowser) -> None:
    page = _loop(publisher, 0)
    video = page.locator("video")
    record_sound(video)
    eventually(lambda: video.evaluate("() => instruments.seen.latencies.length") > 200, 40)
    eventually(lambda: likeness_to_the_film(video) > 0.95)
    sent = eventually(lambda: [c for c in chirps_in(page, "sent") if c.correlation > 0.95][3:])
    assert all(abs(b.at_ms - a.at_ms - 1000) < 30 for a, b in pairwise(sent))
    heard = eventually(lambda: [c for c in chirps_in(page, "heard") if c.correlation > 0.8][3:])
    sound_ms = median(sound_latencies_ms(chirps_in(page, "sent"), heard))
    picture_ms = median(page.evaluate("() => instruments.seen.latencies.slice(-100)"))
    print(f"loop: picture {picture_ms} ms, sound {sound_ms} ms", video_received(page))
    assert 0 < picture_ms < 500
    assert 0 < sound_ms < 500

    delayed = _loop(publisher, 900)
    eventually(lambda: delayed.evaluate("() => instruments.seen.latencies.length") > 200, 40)
    assert median(delayed.evaluate("() => instruments.seen.latencies.slice(-60)")) > picture_ms + 400
