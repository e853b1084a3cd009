"""A tap gives the access units of a room: PyAV decodes every one of them."""

from __future__ import annotations

import asyncio
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Self

import av
import pytest
from livehouse_native import AccessUnit, MediaError, MediaNode, MediaTap
from playwright.sync_api import sync_playwright
from tests.native.test_chromium import ARGUMENTS, open_page

PUBLISHER = Path(__file__).parent / "publish_with_pyav.py"
LIMIT_S = 60
# On a busy machine an encoder sends what it is behind with in one go.
BURST_S = 5.0


@contextmanager
def publishing(signalling: str) -> Iterator[None]:
    """FFmpeg publishes 320 x 240 H.264, 30 pictures and a keyframe a second, and Opus."""
    publisher = subprocess.Popen(
        [sys.executable, PUBLISHER, f"{signalling}/whip?room=room"], stdin=subprocess.PIPE
    )
    try:
        yield
    finally:
        try:
            publisher.communicate(b"stop\n", timeout=LIMIT_S)
        finally:
            publisher.kill()
            publisher.wait()


def opened(node: MediaNode, **options: int) -> MediaTap:
    """A tap of the room, as soon as there is one."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            return node.open_tap("room", **options)
        except MediaError as error:
            assert error.kind == "room_empty"
            assert time.monotonic() < deadline, "nobody went live"
            time.sleep(0.05)


def sends_media(node: MediaNode, session: str) -> bool:
    return any(report.id == session and report.media_age_ms is not None for report in node.report())


def drained_until(tap: MediaTap, condition: Callable[[Sequence[AccessUnit]], bool]) -> list[AccessUnit]:
    """What the tap gives until the condition holds, each time it becomes readable."""
    units: list[AccessUnit] = []
    deadline = time.monotonic() + LIMIT_S
    while not condition(units):
        readable, _, _ = select.select([tap], [], [], max(0.0, deadline - time.monotonic()))
        assert readable, f"nothing more after {len(units)} units"
        units += tap.drain()
    return units


def video_of(units: Sequence[AccessUnit]) -> list[AccessUnit]:
    return [unit for unit in units if unit.codec != "opus"]


def has_video(count: int) -> Callable[[Sequence[AccessUnit]], bool]:
    return lambda units: len(video_of(units)) >= count


def decodable(units: Sequence[AccessUnit]) -> list[AccessUnit]:
    """Without what a decoder cannot take: from a gap to the next keyframe."""
    return [unit for unit in units if unit.is_keyframe or not unit.follows_gap]


def decoded(units: Sequence[AccessUnit]) -> int:
    """Frames a decoder that forgives nothing makes of them."""
    names = {"opus": "libopus", "av1": "libdav1d"}
    context = av.CodecContext.create(names.get(units[0].codec, units[0].codec), "r")
    context.options = {"err_detect": "explode"}
    frames = sum(len(context.decode(av.Packet(unit.data))) for unit in units)
    return frames + len(context.decode(None))


def assert_times(units: Sequence[AccessUnit], per_second: float) -> None:
    """RTP time and wall clock run alike, and the wall clock is ours."""
    first, last = units[0], units[-1]
    seconds = (last.timestamp - first.timestamp) / first.clock_rate
    assert last.captured_at - first.captured_at == pytest.approx(seconds, abs=BURST_S)
    assert (len(units) - 1) / seconds == pytest.approx(per_second, rel=0.35)
    assert last.captured_at == pytest.approx(time.time(), abs=10)
    assert all(before.timestamp < after.timestamp for before, after in pairwise(units))


def test_h264_and_opus_of_ffmpeg(node: MediaNode, signalling: str) -> None:
    with publishing(signalling), opened(node) as tap:
        units = drained_until(tap, has_video(75))
    video, audio = video_of(units), [unit for unit in units if unit.codec == "opus"]
    assert (tap.gaps, tap.dropped_packets, tap.is_ended) == (0, 0, False)
    assert {unit.codec for unit in video} == {"h264"}
    assert video[0].is_keyframe
    assert (video[0].width, video[0].height) == (320, 240)
    assert not any(unit.follows_gap for unit in units)
    assert sum(unit.is_keyframe for unit in video) == 1 + (len(video) - 1) // 30
    assert decoded(video) == len(video)
    assert all(unit.is_keyframe and unit.clock_rate == 48_000 for unit in audio)
    assert decoded(audio) == len(audio)
    assert_times(video, 30)
    assert_times(audio, 50)
    assert video[-1].captured_at == pytest.approx(audio[-1].captured_at, abs=BURST_S)


@pytest.mark.e2e
@pytest.mark.parametrize("codec", ["AV1", "VP8", "VP9", "H264"])
def test_every_codec_of_chromium(node: MediaNode, signalling: str, codec: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        try:
            encoder = open_page(browser, signalling)
            encoder.evaluate(f"publish('{codec}', 'room')")
            with opened(node) as tap:
                units = drained_until(tap, has_video(90))
        finally:
            browser.close()
    video, audio = video_of(units), [unit for unit in units if unit.codec == "opus"]
    assert {unit.codec for unit in video} == {codec.lower()}
    assert video[0].is_keyframe
    assert (video[0].width, video[0].height) == (640, 360)
    assert (tap.gaps, tap.dropped_packets) == (0, 0)
    assert not any(unit.follows_gap for unit in units)
    assert decoded(video) == len(video)
    assert decoded(audio) == len(audio)
    assert_times(audio, 50)
    assert video[-1].captured_at == pytest.approx(time.time(), abs=10)


def test_a_tap_that_joins_late_begins_with_a_keyframe_at_once(node: MediaNode, signalling: str) -> None:
    with publishing(signalling), opened(node) as first:
        drained_until(first, has_video(45))
        with opened(node) as late:
            units = video_of(late.drain())
    assert units
    assert units[0].is_keyframe
    assert units[0].timestamp % 2**32 == units[0].timestamp - 2**32
    assert decoded(units) == len(units)


def test_four_taps_give_the_same(node: MediaNode, signalling: str) -> None:
    with publishing(signalling), opened(node) as first:
        drained_until(first, has_video(1))
        taps = [opened(node) for _ in range(4)]
        given = [drained_until(tap, has_video(60)) for tap in taps]
    contents = [{unit.timestamp: unit.data for unit in video_of(units)} for units in given]
    shared = set.intersection(*(set(content) for content in contents))
    assert len(shared) >= 30
    assert all(content[timestamp] == contents[0][timestamp] for content in contents for timestamp in shared)
    assert [(tap.gaps, tap.dropped_packets) for tap in taps] == [(0, 0)] * 4
    for tap in taps:
        tap.close()


def test_what_nobody_drains_is_dropped_and_marked(node: MediaNode, signalling: str) -> None:
    with publishing(signalling), opened(node, max_queued_bytes=10_000) as tap:
        deadline = time.monotonic() + LIMIT_S
        while not tap.dropped_packets and time.monotonic() < deadline:
            time.sleep(0.05)
        assert tap.dropped_packets > 0
        units = drained_until(
            tap, lambda units: any(unit.follows_gap and unit.is_keyframe for unit in video_of(units))
        )
        units += drained_until(tap, has_video(10))
    video = video_of(units)
    assert tap.gaps >= 1
    broken = next(index for index, unit in enumerate(video) if unit.follows_gap)
    mended = next(index for index, unit in enumerate(video) if index >= broken and unit.is_keyframe)
    assert all(unit.follows_gap for unit in video[broken : mended + 1])
    usable = decodable(video)
    assert decoded(usable) == len(usable)


class LosingRelay:
    """Stands before a node that has yet to start; loses every tenth media datagram once it is asked to."""

    def __init__(self) -> None:
        self.loses = False
        self.lost = 0
        self._front, self._back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self._front.bind(("127.0.0.1", 0))
        self._back.bind(("127.0.0.1", 0))
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._front.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def stand_before(self, node: MediaNode) -> None:
        self._back.connect(("127.0.0.1", node.ports[0]))
        self._thread.start()

    def _run(self) -> None:
        encoder, media = None, 0
        while not self._is_over.is_set():
            for end in select.select([self._front, self._back], [], [], 0.1)[0]:
                data, source = end.recvfrom(65_536)
                if end is self._back:
                    if encoder:
                        self._front.sendto(data, encoder)
                    continue
                encoder = source
                # RFC 7983: 128 to 191 is RTP; so is RTCP, which is short.
                if self.loses and 128 <= data[0] <= 191 and (media := media + 1) % 10 == 0:
                    self.lost += 1
                else:
                    self._back.send(data)

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._front.close()
        self._back.close()


def test_loss_on_the_way_in_is_a_gap_and_never_a_torn_unit(serve: Callable[[MediaNode], str]) -> None:
    with LosingRelay() as relay:
        node = MediaNode(public_addresses=[relay.address], shards=1)
        try:
            relay.stand_before(node)
            with publishing(serve(node)), opened(node, gap_wait_ms=100) as tap:
                before = drained_until(tap, has_video(20))
                assert tap.gaps == 0
                relay.loses = True
                during = drained_until(tap, lambda _: tap.gaps >= 5)
                relay.loses = False
                after = drained_until(tap, lambda units: any(unit.is_keyframe for unit in video_of(units)))
        finally:
            node.close()
    assert relay.lost >= tap.gaps
    assert tap.dropped_packets == 0
    assert not any(unit.follows_gap for unit in before)
    units = before + during + after
    assert any(unit.follows_gap for unit in units)
    for kind in (video_of(units), [unit for unit in units if unit.codec == "opus"]):
        # What follows a gap in sound decodes too.
        usable = decodable(kind)
        assert decoded(usable) == len(usable)
    assert not video_of(after)[-1].follows_gap or video_of(after)[-1].is_keyframe


def test_a_tap_outlives_the_broadcaster_and_ends_with_the_room(node: MediaNode, signalling: str) -> None:
    with publishing(signalling):
        tap = opened(node)
        first = drained_until(tap, has_video(40))
    with publishing(signalling):
        rest = drained_until(tap, lambda _: sends_media(node, "whip-1"))
        rest += drained_until(tap, has_video(20))
    assert not tap.is_ended
    node.close_room("room")
    drained_until(tap, lambda _: tap.is_ended)
    assert select.select([tap], [], [], 0)[0], "readable, so that nobody waits for more"
    assert tap.drain() == []
    units = video_of(first + rest)
    assert decoded(decodable(units)) == len(decodable(units))
    assert all(before.timestamp < after.timestamp for before, after in pairwise(units))
    seconds = (units[-1].timestamp - units[0].timestamp) / 90_000
    assert units[-1].captured_at - units[0].captured_at == pytest.approx(seconds, abs=BURST_S)
    tap.close()
    assert tap.is_ended


def test_a_closed_node_ends_its_taps(node: MediaNode, offer: Callable[[str], str]) -> None:
    node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    with node.open_tap("room") as tap:
        node.close()
        drained_until(tap, lambda _: tap.is_ended)


async def test_a_loop_may_wait_for_a_tap(node: MediaNode, signalling: str) -> None:
    loop = asyncio.get_running_loop()
    with publishing(signalling), opened(node) as tap:
        units: list[AccessUnit] = []
        enough = asyncio.Event()

        def drain() -> None:
            units.extend(tap.drain(max_units=4))
            if len(units) > 50:
                enough.set()

        loop.add_reader(tap, drain)
        await asyncio.wait_for(enough.wait(), LIMIT_S)
        loop.remove_reader(tap)


def test_what_a_tap_says_to_bad_use(node: MediaNode, offer: Callable[[str], str]) -> None:
    with pytest.raises(MediaError) as error:
        node.open_tap("room")
    assert error.value.kind == "room_empty"
    node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    taps = [node.open_tap("room") for _ in range(16)]
    with pytest.raises(MediaError) as error:
        node.open_tap("room")
    assert error.value.kind == "overloaded"
    taps[3].close()
    taps[3].close()
    with node.open_tap("room") as tap:
        assert tap.drain() == []
        with pytest.raises(ValueError, match="at least 1"):
            tap.drain(0)
    for use in (tap.fileno, tap.drain):
        with pytest.raises(ValueError, match="closed"):
            use()
    assert (tap.gaps, tap.dropped_packets, tap.is_ended) == (0, 0, False)
