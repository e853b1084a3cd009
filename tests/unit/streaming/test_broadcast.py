"""The life of a broadcast: nothing starts or ends twice, nothing that started goes without its end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.errors import Conflict
from livehouse.channel.contract import ChannelId
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import (
    Broadcast,
    BroadcastEnded,
    BroadcastStarted,
    BroadcastState,
    EndReason,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(seconds=30)
SILENCE = timedelta(seconds=2)

steps = st.lists(
    st.tuples(
        st.sampled_from(["flows", "stops", "offer", "expire", "end", "count"]),
        st.floats(0, 40, allow_nan=False).map(lambda s: timedelta(seconds=s)),
    ),
    max_size=40,
)


def new_broadcast() -> Broadcast:
    return Broadcast(BroadcastId(UUID(int=1)), ChannelId(UUID(int=2)), "node-a", START)


def play(broadcast: Broadcast, walk: list[tuple[str, timedelta]]) -> list[object]:
    """The events of a walk through the states."""
    now, events = START, []
    for step, passed in walk:
        now += passed
        match step:
            case "flows":
                events.append(broadcast.media_flows(now))
            case "stops":
                broadcast.media_stopped(now, SILENCE)
            case "offer" if broadcast.is_running:
                broadcast.offer_again("node-a", now)
            case "expire":
                events.append(broadcast.expire(now, WINDOW))
            case "end":
                events.append(broadcast.end(now, EndReason.ENDED_BY_OWNER))
            case "count":
                broadcast.count_viewers(3, now, timedelta(seconds=5))
    return [event for event in events if event is not None]


@given(steps)
def test_starts_at_most_once_and_ends_once_if_it_started(walk: list[tuple[str, timedelta]]) -> None:
    broadcast = new_broadcast()
    events = play(broadcast, walk)
    started = [event for event in events if isinstance(event, BroadcastStarted)]
    ended = [event for event in events if isinstance(event, BroadcastEnded)]
    assert len(started) == (0 if broadcast.started_at is None else 1)
    assert len(ended) == (1 if started and not broadcast.is_running else 0)
    assert events == [*started, *ended]
    assert (broadcast.ended_at is None) == broadcast.is_running
    assert (broadcast.interrupted_at is not None) == (broadcast.state is BroadcastState.INTERRUPTED)
    assert broadcast.state is not BroadcastState.LIVE or broadcast.started_at is not None


@given(steps, st.floats(0, 29.9))
def test_who_returns_within_the_window_goes_on(walk: list[tuple[str, timedelta]], gone_s: float) -> None:
    broadcast = new_broadcast()
    broadcast.media_flows(START)
    interrupted_at = START + timedelta(seconds=10)
    broadcast.media_stopped(interrupted_at, SILENCE)
    back_at = interrupted_at + timedelta(seconds=gone_s)
    assert broadcast.expire(back_at, WINDOW) is None
    broadcast.offer_again("node-a", back_at)
    assert broadcast.media_flows(back_at) is None
    assert broadcast.state is BroadcastState.LIVE
    assert broadcast.started_at == START


def test_nobody_back_within_the_window_ends_it() -> None:
    broadcast = new_broadcast()
    broadcast.media_flows(START)
    broadcast.media_stopped(START + timedelta(seconds=10), SILENCE)
    end = START + timedelta(seconds=40)
    assert broadcast.expire(end - timedelta(milliseconds=1), WINDOW) is None
    assert broadcast.expire(end, WINDOW) == BroadcastEnded(broadcast.channel_id, broadcast.id, START, end)
    assert broadcast.end_reason is EndReason.BROADCASTER_GONE


def test_time_in_which_the_platform_was_down_does_not_count() -> None:
    broadcast = new_broadcast()
    broadcast.media_flows(START)
    broadcast.media_stopped(START + timedelta(seconds=10), SILENCE)
    up_again = START + timedelta(hours=1)
    assert broadcast.expire(up_again, WINDOW, up_again) is None
    assert broadcast.expire(up_again + WINDOW, WINDOW, up_again) is not None


def test_offer_that_never_brought_media_ends_without_events() -> None:
    broadcast = new_broadcast()
    assert broadcast.expire(START + WINDOW, WINDOW) is None
    assert broadcast.state is BroadcastState.ENDED


def test_taking_over_is_no_interruption_while_the_new_session_starts() -> None:
    broadcast = new_broadcast()
    broadcast.media_flows(START)
    broadcast.offer_again("node-a", START + timedelta(seconds=60))
    broadcast.media_stopped(START + timedelta(seconds=61), SILENCE)
    assert broadcast.state is BroadcastState.LIVE
    broadcast.media_stopped(START + timedelta(seconds=62), SILENCE)
    assert broadcast.state is BroadcastState.INTERRUPTED


def test_ended_broadcast_takes_no_offer() -> None:
    broadcast = new_broadcast()
    broadcast.end(START, EndReason.ENDED_BY_OWNER)
    with pytest.raises(Conflict):
        broadcast.offer_again("node-a", START)


def test_viewers_are_counted_when_changed_and_not_too_often() -> None:
    broadcast = new_broadcast()
    interval = timedelta(seconds=5)
    assert broadcast.count_viewers(1, START, interval) is None  # not live yet
    broadcast.media_flows(START)
    counted = broadcast.count_viewers(1, START, interval)
    assert counted is not None
    assert counted.viewers == 1
    assert broadcast.count_viewers(2, START + timedelta(seconds=4), interval) is None
    assert broadcast.count_viewers(1, START + timedelta(seconds=9), interval) is None
    assert broadcast.count_viewers(2, START + timedelta(seconds=9), interval) is not None
