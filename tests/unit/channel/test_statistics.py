"""Statistics: counted from events, the same twice counting once, and read by those who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Forbidden, Invalid
from cpc.kernel.ids import EntityId, UuidV7Ids
from cpc.social_integration.events import StreamEnded, StreamStarted
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.follow_broadcasts import FollowBroadcasts
from livehouse.channel.application.statistics import (
    CountBroadcasts,
    ReadBroadcastStatistics,
    ReadStatistics,
)
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing import InMemoryChannelDatabase

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))
BOB = Actor(AccountId(UUID(int=2)), AccountName("bob"))
CHANNEL = ChannelId(UUID(int=3))


class SteadyChat:
    """One message a second since 2026 began."""

    async def before(self, channel_id: EntityId, moment: datetime) -> int:
        return int((moment - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds())


class SomeFollowers:
    async def followers(self, channel_id: EntityId) -> int:
        return 7


class Stage:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.ids = UuidV7Ids(self.clock)
        self.database = InMemoryChannelDatabase()

    async def open(self) -> Stage:
        units = self.database.unit_of_work
        self.channel: Channel = await CreateChannel(units, self.clock, self.ids)(
            ADA.require_account(), AccountName("ada")
        )
        access = access_for((self.channel.id, self.channel.owner_id))
        self.read = ReadStatistics(units, access, self.clock, SomeFollowers())
        self.read_broadcasts = ReadBroadcastStatistics(units, access, self.clock, SteadyChat())
        return self

    async def tell(self, event: CloudEvent) -> None:
        async with self.database.unit_of_work() as unit:
            await CountBroadcasts(unit.statistics, SteadyChat())(event)
            await FollowBroadcasts(unit.directory)(event)

    def started(self, broadcast_id: str, at: datetime) -> CloudEvent:
        event = StreamStarted(str(self.channel.id), broadcast_id, "ada", "Painting", at)
        return event.to_cloud_event(event_id=uuid4(), time=at)

    def ended(self, broadcast_id: str, started_at: datetime, at: datetime) -> CloudEvent:
        event = StreamEnded(str(self.channel.id), broadcast_id, started_at, at)
        return event.to_cloud_event(event_id=uuid4(), time=at)

    def counted(self, broadcast_id: str, viewers: int, at: datetime) -> CloudEvent:
        return CloudEvent(
            id=uuid4(),
            type="cpc.streaming.BroadcastViewersCounted.v1",
            source="/livehouse/streaming",
            subject=f"streaming.BroadcastViewersCounted.v1.{self.channel.id}",
            time=at,
            partition_key=str(self.channel.id),
            data={
                "channel_id": str(self.channel.id),
                "broadcast_id": broadcast_id,
                "viewers": viewers,
                "counted_at": at.isoformat(),
            },
        )


@pytest.fixture
async def stage() -> Stage:
    return await Stage().open()


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


async def test_a_broadcast_is_counted_from_its_events(stage: Stage) -> None:
    told = [
        stage.started("brd_1", after(0)),
        stage.counted("brd_1", 10, after(10)),
        stage.counted("brd_1", 40, after(20)),
        stage.counted("brd_1", 4, after(30)),
        stage.ended("brd_1", after(0), after(60)),
    ]
    for event in told:
        await stage.tell(event)
        await stage.tell(event)
    stage.clock.advance(timedelta(hours=2))
    read = await stage.read_broadcasts(ADA, "ada")
    (one,) = read.broadcasts
    assert (one.duration, one.peak_viewers, one.messages) == (timedelta(hours=1), 40, 3600)
    assert one.average_viewers == pytest.approx((10 * 10 + 40 * 10 + 4 * 30) / 60)
    assert (one.title, one.started_at, one.ended_at) == ("Painting", after(0), after(60))
    for totals in (read.last_30_days, read.last_90_days):
        assert (totals.broadcasts, totals.streamed, totals.messages) == (1, timedelta(hours=1), 3600)
        assert totals.average_viewers == pytest.approx(one.average_viewers)
    for late in told[1:4]:
        await stage.tell(late)
    assert await stage.read_broadcasts(ADA, "ada") == read


async def test_one_that_runs_is_shown_as_it_stands(stage: Stage) -> None:
    await stage.tell(stage.started("brd_1", after(0)))
    await stage.tell(stage.counted("brd_1", 6, after(30)))
    stage.clock.advance(timedelta(minutes=60))
    (one,) = (await stage.read_broadcasts(ADA, "ada")).broadcasts
    assert (one.ended_at, one.duration, one.messages) == (None, timedelta(hours=1), 3600)
    assert one.average_viewers == pytest.approx(3.0)
    public = await stage.read(ANONYMOUS, "ADA")
    assert (public.followers, public.viewers, public.streamed) == (7, 6, timedelta(hours=1))


async def test_what_everybody_may_know(stage: Stage) -> None:
    for days in (1, 40):
        begun = NOW - timedelta(days=days)
        await stage.tell(stage.started(f"brd_{days}", begun))
        await stage.tell(stage.ended(f"brd_{days}", begun, begun + timedelta(hours=days)))
    public = await stage.read(ANONYMOUS, "ada")
    assert (public.viewers, public.streamed, public.streamed_30_days) == (
        None,
        timedelta(hours=41),
        timedelta(hours=1),
    )


async def test_details_are_for_those_who_may(stage: Stage) -> None:
    with pytest.raises(Forbidden):
        await stage.read_broadcasts(BOB, "ada")


async def test_pages_of_broadcasts(stage: Stage) -> None:
    for number in range(5):
        begun = NOW - timedelta(days=number)
        await stage.tell(stage.started(f"brd_{number}", begun))
        await stage.tell(stage.ended(f"brd_{number}", begun, begun + timedelta(hours=1)))
    first = await stage.read_broadcasts(ADA, "ada", limit=3)
    second = await stage.read_broadcasts(ADA, "ada", limit=3, cursor=first.next_cursor)
    ids = [one.broadcast_id for one in (*first.broadcasts, *second.broadcasts)]
    assert ids == [f"brd_{number}" for number in range(5)]
    assert second.next_cursor is None
    with pytest.raises(Invalid):
        await stage.read_broadcasts(ADA, "ada", cursor="made up")


async def test_news_of_a_broadcast_whose_start_was_not_heard_changes_nothing(stage: Stage) -> None:
    await stage.tell(stage.counted("brd_1", 5, after(1)))
    await stage.tell(stage.ended("brd_1", after(0), after(2)))
    assert (await stage.read_broadcasts(ADA, "ada")).broadcasts == []


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 600), st.integers(0, 1000)), max_size=20), st.randoms())
def test_the_area_under_the_viewers_is_added_up(steps: list[tuple[float, int]], random: object) -> None:
    """Oracle: the same sum by hand; news out of order and twice changes nothing."""
    counted = BroadcastStatistics(CHANNEL, "brd_1", "", NOW, NOW, 0)
    at, points = NOW, [(NOW, 0)]
    for seconds, viewers in steps:
        at += timedelta(seconds=seconds)
        points.append((at, viewers))
        counted = counted.counted(viewers, at)
        counted = counted.counted(9999, random.choice(points)[0])  # type: ignore[attr-defined]
    end = at + timedelta(seconds=60)
    ended = counted.ended(end, 5).ended(end + timedelta(hours=1), 50)
    expected = sum(
        viewers * (until - begin).total_seconds()
        for (begin, viewers), (until, _) in pairwise([*points, (end, 0)])
    )
    assert ended.viewer_s == pytest.approx(expected)
    assert ended.peak_viewers == max(viewers for _, viewers in points)
    assert (ended.messages, ended.ended_at) == (5, end)
