"""The broadcaster sees how viewers receive it; a viewer whose browser lacks the codec is told so."""

import pytest
from playwright.sync_api import expect
from tests.e2e.browsers import RealBrowser
from tests.e2e.encoders import FilmEncoder
from tests.e2e.pages import ChannelPage, StudioPage, sign_up
from tests.e2e.relays import Relay
from tests.e2e.running_node import RunningNode

pytestmark = pytest.mark.e2e

PATIENCE_MS = 60_000
# As of a browser without this decoder: its offer does not name it.
WITHOUT_H264 = """(() => {
    const createOffer = RTCPeerConnection.prototype.createOffer;
    RTCPeerConnection.prototype.createOffer = function (...given) {
        const { codecs } = RTCRtpReceiver.getCapabilities("video");
        const others = codecs.filter(({ mimeType }) => mimeType !== "video/H264");
        const isVideo = ({ receiver }) => receiver.track.kind === "video";
        this.getTransceivers().find(isVideo).setCodecPreferences(others);
        return createOffer.apply(this, given);
    };
})()"""


@pytest.mark.timeout(300)
def test_the_studio_tells_of_a_viewer_behind_loss(
    node: RunningNode, publisher: RealBrowser, viewer: RealBrowser
) -> None:
    page = publisher.open()
    sign_up(page, node.url, "well_watched")
    page.goto(f"{node.url}/studio")
    studio = StudioPage(page)
    studio.choose("H264")
    studio.go_live()
    expect(studio.viewers_summary).to_contain_text("Nobody watches yet", timeout=PATIENCE_MS)
    with Relay("--loss=0.15", "--seed=7") as relay:
        far_away = viewer.open()
        relay.stand_before(far_away)
        far_away.goto(f"{node.url}/well_watched")
        near_by = ChannelPage(viewer.open(f"{node.url}/well_watched"))
        near_by.wait_until_playing()
        ChannelPage(far_away).wait_until_playing()
        expect(studio.viewers_advice).to_contain_text(
            "1 of 2 viewers loses more than 5 %", timeout=PATIENCE_MS
        )
        expect(studio.viewers_summary).to_contain_text("2 viewers at")
        expect(studio.viewers_summary).to_contain_text("round trip")
        assert node.counter("livehouse_media_nacks_received") > 0
    studio.end_stream()
    for each in (page, far_away, near_by.page):
        each.context.close()


@pytest.mark.timeout(300)
def test_a_browser_without_the_codec_says_so(node: RunningNode, viewer: RealBrowser) -> None:
    made = node.create_channel("rare_codec")
    with FilmEncoder(made["whip_url"], made["stream_key"]):
        page = viewer.open()
        page.add_init_script(WITHOUT_H264)
        page.goto(made["page_url"])
        channel = ChannelPage(page)
        expect(channel.unplayable).to_contain_text("coded in H.264", timeout=PATIENCE_MS)
        expect(channel.unplayable).to_contain_text("You hear the sound")
        channel.wait_for_state("live")
        page.context.close()
