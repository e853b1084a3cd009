"""Streams that come from no browser, watched in one; and what the pages show of them."""

import pytest
from playwright.sync_api import expect
from tests.e2e.browsers import RealBrowser
from tests.e2e.encoders import DemoEncoder, FilmEncoder
from tests.e2e.measuring import chirps_in, likeness_to_the_film, record_sound
from tests.e2e.pages import ChannelPage, walk_by_tab
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(240)
def test_a_film_file_is_published_and_watched(node: RunningNode, viewer: RealBrowser) -> None:
    made = node.create_channel("cinema")
    home = viewer.open(node.url)
    card = home.locator('[data-testid="live-card"][data-channel="cinema"]')
    with FilmEncoder(made["whip_url"], made["stream_key"]):
        expect(card).to_be_visible(timeout=20_000)
        card.click()
        channel = ChannelPage(home)
        seen = channel.wait_until_playing()
        record_sound(channel.video)
        assert seen.codec == "video/H264"
        eventually(lambda: likeness_to_the_film(channel.video) > 0.9)
        eventually(lambda: [c for c in chirps_in(home, "heard") if c.correlation >= 0.8][2:])
        # One who comes in the middle sees a picture at once, not at the next keyframe.
        late = ChannelPage(viewer.open(made["page_url"]))
        late.wait_until_playing()
        eventually(lambda: likeness_to_the_film(late.video) > 0.9)
        eventually(lambda: node.channel("cinema")["broadcast"]["viewers"] == 2)
        late.page.context.close()
        eventually(lambda: node.channel("cinema")["broadcast"]["viewers"] == 1)
    channel.wait_for_state("ended|offline", 20_000)
    home.goto(node.url)
    expect(home.get_by_test_id("home-empty").or_(home.get_by_test_id("live-card").first)).to_be_visible()
    expect(card).to_have_count(0)
    home.context.close()


@pytest.mark.timeout(240)
def test_the_demo_is_a_live_stream(node: RunningNode, viewer: RealBrowser) -> None:
    with DemoEncoder(node.data_dir):
        page = viewer.open(f"{node.url}/demo")
        channel = ChannelPage(page)
        seen = channel.wait_until_playing()
        channel.wait_for_frames_after(seen.frames_decoded + 30)
        first = channel.video.evaluate("video => instruments.picture(video, 64, 36)")
        eventually(lambda: channel.video.evaluate("video => instruments.picture(video, 64, 36)") != first)
        _control_by_keyboard(channel)
    channel.wait_for_state("ended|offline", 20_000)
    page.context.close()


def _control_by_keyboard(channel: ChannelPage) -> None:
    """Keys as on YouTube and Twitch."""
    page, video = channel.page, channel.video
    walk_by_tab(page, {"player-play", "player-mute", "player-volume", "player-full-screen"})
    muted = video.evaluate("video => video.muted")
    page.keyboard.press("m")
    eventually(lambda: video.evaluate("video => video.muted") != muted)
    page.keyboard.press("k")
    eventually(lambda: video.evaluate("video => video.paused"))
    page.keyboard.press("k")
    eventually(lambda: not video.evaluate("video => video.paused"))
    page.keyboard.press("t")
    expect(page.get_by_test_id("player-theatre")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("t")
    page.keyboard.press("f")
    eventually(lambda: page.evaluate("() => document.fullscreenElement !== null"))
    page.keyboard.press("f")
    eventually(lambda: page.evaluate("() => document.fullscreenElement === null"))
