"""SIGKILL of PostgreSQL, of NATS and of the whole node, during a live stream with chat."""

import time
from collections.abc import Callable

import pytest
from tests.e2e.browsers import RealBrowser
from tests.e2e.chatter import Chatter, lines_kept
from tests.e2e.encoders import FilmEncoder
from tests.e2e.measuring import video_received
from tests.e2e.pages import ChannelPage
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

FRAMES_PER_SECOND = 30
# The goal is 6 s; other work on the machine may double it.
RESTART_GOAL_S, RESTART_LIMIT_S = 6.0, 15.0


@pytest.mark.timeout(300)
def test_what_was_acknowledged_survives_and_the_picture_goes_on(
    make_node: Callable[..., RunningNode], viewer: RealBrowser
) -> None:
    node = make_node()
    node.start()
    made = node.create_channel("survivor")
    chatter = Chatter(made)
    with FilmEncoder(made["whip_url"], made["stream_key"]) as encoder:
        channel = ChannelPage(viewer.open(made["page_url"]))
        channel.wait_until_playing()
        broadcast = eventually(lambda: node.channel("survivor")["broadcast"])
        for number in range(5):
            chatter.say(f"before {number}")

        for program in ("postgres", "nats-server"):
            _dies_while_the_picture_goes_on(node, program, channel, chatter)
            assert node.channel("survivor")["broadcast"]["id"] == broadcast["id"]

        chatter.say("the last line")
        node.kill_everything()
        encoder.kill()
    chatter.close()
    assert channel.page.evaluate("() => document.querySelector('video') !== null")

    serving_after_s = node.start()
    print(f"the node serves {serving_after_s:.1f} s after its start (goal {RESTART_GOAL_S})")
    assert node.channel("survivor")["name"] == "survivor"
    kept = lines_kept(made)
    assert {text.replace(" ", "-"): seq for text, seq in kept.items()} == chatter.acknowledged

    with FilmEncoder(made["whip_url"], made["stream_key"]):
        channel.wait_for_state("live", 60_000)
        seen = channel.wait_for_frames_after(0)
        channel.wait_for_frames_after(seen.frames_decoded + 60)
        assert node.channel("survivor")["broadcast"]["id"] == broadcast["id"]
        chatter.say("and on it goes")
    chatter.close()
    channel.page.context.close()
    assert serving_after_s < RESTART_LIMIT_S


def _dies_while_the_picture_goes_on(
    node: RunningNode, program: str, channel: ChannelPage, chatter: Chatter
) -> None:
    before, begun = channel.wait_for_frames_after(0), time.monotonic()
    node.process(program).kill()
    eventually(lambda: not node.serves(), 10, every_s=0.02)
    chatter.say(f"while {program} was away")
    eventually(node.serves)
    back_after_s = time.monotonic() - begun
    after = channel.wait_for_frames_after(before.frames_decoded)
    elapsed_s = time.monotonic() - begun
    received = after.frames_received - before.frames_received
    print(f"{program}: back after {back_after_s:.1f} s, {received} frames in {elapsed_s:.1f} s, {after}")
    assert after.packets_lost == before.packets_lost
    assert received > 0.9 * FRAMES_PER_SECOND * elapsed_s - FRAMES_PER_SECOND
    assert video_received(channel.page) is not None
