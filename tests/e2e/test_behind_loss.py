"""A viewer whose network loses five datagrams of a hundred, each way, sees no picture that stands still."""

from dataclasses import dataclass

import pytest
from tests.e2e.browsers import RealBrowser
from tests.e2e.encoders import FilmEncoder
from tests.e2e.measuring import VideoReceived, longest_stall_ms, video_received
from tests.e2e.pages import ChannelPage
from tests.e2e.relays import Relay
from tests.e2e.running_node import RunningNode

pytestmark = pytest.mark.e2e

WATCHED_MS = 60_000
STALL_LIMIT_MS = 1_000
# What a viewer without loss may see at most for the minute to tell anything of the network.
QUIET_MACHINE_MS = 400
ATTEMPTS = 4


@dataclass(frozen=True)
class Minute:
    """The longest stalls of the viewer behind loss and of one beside it without."""

    behind_loss_ms: float
    without_loss_ms: float
    seen: VideoReceived


@pytest.mark.timeout(600)
def test_the_picture_moves_on_behind_five_percent_loss(node: RunningNode, viewer: RealBrowser) -> None:
    made = node.create_channel("far_away")
    with (
        FilmEncoder(made["whip_url"], made["stream_key"]),
        Relay("--loss=0.05", "--delay-ms=10", "--seed=5") as relay,
    ):
        page = viewer.open()
        relay.stand_before(page)
        page.goto(made["page_url"])
        behind_loss, beside_it = ChannelPage(page), ChannelPage(viewer.open(made["page_url"]))
        for channel in (behind_loss, beside_it):
            channel.wait_until_playing()
            channel.video.evaluate("video => instruments.watchFrames(video)")
        for _ in range(ATTEMPTS):
            minute = _watch(behind_loss, beside_it)
            print(minute)
            if minute.behind_loss_ms < STALL_LIMIT_MS or minute.without_loss_ms < QUIET_MACHINE_MS:
                break
        for channel in (behind_loss, beside_it):
            channel.page.context.close()
    print(relay.counters)
    lost = relay.counters["to_clients"]["lost"] / relay.counters["to_clients"]["entered"]
    assert 0.04 < lost < 0.06
    assert minute.seen.nack_count > 0
    assert minute.seen.retransmitted_packets > 0.5 * relay.counters["to_clients"]["lost"]
    assert minute.behind_loss_ms < STALL_LIMIT_MS, minute


def _watch(behind_loss: ChannelPage, beside_it: ChannelPage) -> Minute:
    stalls = []
    begun = [channel.page.evaluate("() => performance.now()") for channel in (behind_loss, beside_it)]
    for channel, since_ms in zip((behind_loss, beside_it), begun, strict=True):
        until_ms = since_ms + WATCHED_MS
        channel.page.wait_for_function(
            "until => performance.now() >= until", arg=until_ms, timeout=2 * WATCHED_MS, polling=500
        )
        stalls.append(longest_stall_ms(channel.page, since_ms, until_ms))
    seen = video_received(behind_loss.page)
    assert seen is not None
    return Minute(*stalls, seen)
