"""From a real camera page to a real viewer: picture, sound, delay, chat, drop and return, end."""

import time
from dataclasses import dataclass
from statistics import median

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsers import RealBrowser
from tests.e2e.measuring import (
    chirps_in,
    likeness_to_the_film,
    record_sound,
    sound_latencies_ms,
    video_received,
)
from tests.e2e.pages import ChannelPage, StudioPage, sign_in, sign_up
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

# The goal is 250 ms; the limit is what a busy machine must keep, too.
LATENCY_LIMIT_MS = 500
# The goal is 5 s, of which the node takes a part; three browsers on a busy machine take the rest.
RETURN_LIMIT_S = 15
SAMPLES = 120
LIP_SYNC_LIMIT_MS = 80


def _studio(browser: RealBrowser, node: RunningNode, name: str) -> tuple[StudioPage, str]:
    page = browser.open()
    password = sign_up(page, node.url, name)
    page.goto(f"{node.url}/studio")
    return StudioPage(page), password


def _watch(browser: RealBrowser, node: RunningNode, name: str) -> ChannelPage:
    return ChannelPage(browser.open(f"{node.url}/{name}"))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("codec", ["AV1", "H264"])
def test_what_is_seen_and_heard_is_what_was_sent(
    node: RunningNode, publisher: RealBrowser, viewer: RealBrowser, codec: str
) -> None:
    name = f"film_{codec.lower()}"
    studio, _ = _studio(publisher, node, name)
    studio.choose(codec)
    studio.go_live()
    channel = _watch(viewer, node, name)
    seen = channel.wait_until_playing()
    video = channel.video
    record_sound(video)
    video.evaluate("video => instruments.watchTimeCodes(video)")

    assert seen.codec == f"video/{codec}"
    eventually(lambda: _size(channel) == (640, 360))
    first = video.evaluate("video => instruments.picture(video, 64, 36)")
    eventually(lambda: likeness_to_the_film(video) > 0.9)
    eventually(lambda: video.evaluate("video => instruments.picture(video, 64, 36)") != first)

    # Warm-up: Chromium keeps lips and sound together once each track has had two sender reports.
    eventually(lambda: video_received(channel.page).is_synchronised, 60)  # type: ignore[union-attr]
    delays = eventually(lambda: _delays_in_step(studio, channel), 60)
    unreadable = channel.page.evaluate("() => instruments.seen.unreadable")
    print(f"{codec}: {delays}, {unreadable} frames unreadable, {video_received(channel.page)}")
    assert delays.picture_ms < LATENCY_LIMIT_MS
    assert unreadable < SAMPLES / 10

    _end(studio, channel)
    channel.page.context.close()


@dataclass(frozen=True)
class Delays:
    """Medians of the newest frames and chirps, and how like the chirps are to those sent."""

    picture_ms: float
    worst_picture_ms: float
    sound_ms: float
    correlation: float

    @property
    def off_lips_ms(self) -> float:
        return self.sound_ms - self.picture_ms


def _delays(studio: StudioPage, channel: ChannelPage) -> Delays:
    seen = "instruments.seen.latencies"
    eventually(lambda: channel.page.evaluate(f"() => {seen}.length >= {SAMPLES}"))
    pictures = channel.page.evaluate(f"() => {seen}.slice(-{SAMPLES})")
    heard = eventually(lambda: [c for c in chirps_in(channel.page, "heard") if c.correlation >= 0.8][-5:])
    sent = chirps_in(studio.page, "sent")
    return Delays(
        median(pictures),
        max(pictures),
        median(sound_latencies_ms(sent, heard)),
        median(chirp.correlation for chirp in heard),
    )


def _delays_in_step(studio: StudioPage, channel: ChannelPage) -> Delays | None:
    delays = _delays(studio, channel)
    return delays if abs(delays.off_lips_ms) <= LIP_SYNC_LIMIT_MS else None


def _size(channel: ChannelPage) -> tuple[int, int]:
    seen = channel.wait_for_frames_after(0)
    return seen.width, seen.height


def _end(studio: StudioPage, channel: ChannelPage) -> None:
    studio.end_stream()
    channel.wait_for_state("ended|offline", 15_000)
    expect(channel.page.get_by_test_id("player-offline")).to_be_visible()


@pytest.mark.timeout(240)
def test_a_broadcaster_drops_and_comes_back(
    node: RunningNode, publisher: RealBrowser, viewer: RealBrowser, another_publisher: RealBrowser
) -> None:
    studio, password = _studio(publisher, node, "dropper")
    studio.choose("H264")
    studio.go_live()
    channel = _watch(viewer, node, "dropper")
    channel.wait_until_playing()
    channel.page.evaluate("() => { window.notReloaded = true; }")
    channel.count_frames()
    eventually(lambda: channel.frames_shown() > 0)

    publisher.kill()
    channel.wait_for_state("interrupted", 20_000)

    page = another_publisher.open()
    sign_in(page, node.url, "dropper", password)
    page.goto(f"{node.url}/studio")
    again = StudioPage(page)
    again.choose("H264")
    before = channel.frames_shown()
    with page.expect_response(lambda r: r.url.endswith("/whip") and r.status == 201):
        page.get_by_test_id("go-live").click()
    answered = time.monotonic()
    eventually(lambda: channel.frames_shown() > before, RETURN_LIMIT_S)
    print(f"the picture is back {time.monotonic() - answered:.1f} s after the new 201")
    eventually(lambda: channel.frames_shown() > before + 30)
    channel.wait_for_state("live")
    assert channel.page.evaluate("() => window.notReloaded"), "the viewer's page was loaded anew"
    _end(again, channel)
    channel.page.context.close()


def test_chat_goes_both_ways_and_is_text(
    node: RunningNode, publisher: RealBrowser, viewer: RealBrowser
) -> None:
    one, other = publisher.open(), viewer.open()
    sign_up(one, node.url, "talk_host")
    sign_up(other, node.url, "talk_guest")
    for page in (one, other):
        page.goto(f"{node.url}/talk_host")
    host, guest = ChannelPage(one), ChannelPage(other)

    guest.say("good evening")
    expect(host.line("good evening")).to_be_visible()
    host.say("welcome @talk_guest")
    expect(guest.line("welcome @talk_guest")).to_be_visible()

    markup = (
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script><b>bold</b>"
    )
    guest.say(markup)
    for reader in (host, guest):
        expect(reader.line(markup)).to_be_visible()
        assert reader.line(markup).locator("img, script, b").count() == 0
        assert "owned" not in reader.page.title()
    # U+202E would show the rest of the line, and whatever follows it, backwards.
    guest.say("ab\u202ecd\u0007ef\u200fgh\u2066ij")
    expect(host.line("abcdef")).to_be_visible()
    shown = host.line("abcdef").inner_text()
    assert not set(shown) & set("\u202e\u0007\u2066"), ascii(shown)

    _say_as_anybody(viewer.open(f"{node.url}/talk_host"))
    for page in (one, other):
        page.context.close()


def _say_as_anybody(page: Page) -> None:
    """Without an account one reads, and is told how to write."""
    expect(ChannelPage(page).line("good evening")).to_be_visible()
    expect(page.get_by_test_id("chat-input")).to_have_count(0)
    expect(page.get_by_test_id("chat-sign-in")).to_be_visible()
    page.context.close()
