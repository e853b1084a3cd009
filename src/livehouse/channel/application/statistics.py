"""What came of broadcasts: counted as events tell it, and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size, read_cursor, write_cursor
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.discovery_ports import (
    ChatMessageCounts,
    FollowerCounts,
    StatisticsStore,
)
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics, Totals

_LISTING = "broadcast-statistics"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH, _QUARTER = timedelta(days=30), timedelta(days=90)


class CountBroadcasts:
    """Handles one event of streaming; the same one twice changes nothing more.

    The chat is asked how many messages it had at the two ends, rather than following each of them.
    """

    def __init__(self, statistics: StatisticsStore, messages: ChatMessageCounts) -> None:
        self._statistics = statistics
        self._messages = messages

    async def __call__(self, event: CloudEvent) -> None:
        data = event.data
        channel_id = ChannelId.parse(str(data["channel_id"]))
        broadcast_id = str(data["broadcast_id"])
        found = await self._statistics.of(channel_id, broadcast_id, for_update=True)
        match event.type.split(".")[-2]:
            case "StreamStarted" if found is None:
                started_at = _moment(data["started_at"])
                messages_before = await self._messages.before(channel_id, started_at)
                await self._statistics.save(
                    BroadcastStatistics(
                        channel_id, broadcast_id, str(data["title"]), started_at, started_at, messages_before
                    )
                )
            case "BroadcastViewersCounted" if found is not None:
                at = _moment(data["counted_at"])
                await self._statistics.save(found.counted(int(str(data["viewers"])), at))
            case "StreamEnded" if found is not None and found.ended_at is None:
                ended_at = _moment(data["ended_at"])
                messages = await self._messages.before(channel_id, ended_at)
                await self._statistics.save(found.ended(ended_at, messages))
            case _:
                pass


@dataclass(frozen=True, slots=True)
class PublicStatistics:
    """viewers: now, None while offline. streamed, streamed_30_days: how long broadcasts ran together."""

    followers: int
    viewers: int | None
    streamed: timedelta
    streamed_30_days: timedelta


@dataclass(frozen=True, slots=True)
class BroadcastReport:
    """One broadcast, or the running one as it stands."""

    broadcast_id: str
    title: str
    started_at: datetime
    ended_at: datetime | None
    duration: timedelta
    average_viewers: float
    peak_viewers: int
    messages: int


@dataclass(frozen=True, slots=True)
class BroadcastReports:
    """next_cursor: give it back for the next page; None at the end."""

    last_30_days: Totals
    last_90_days: Totals
    broadcasts: Sequence[BroadcastReport]
    next_cursor: str | None


class ReadStatistics:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, followers: FollowerCounts
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._followers = followers

    async def __call__(self, actor: Actor, name: str) -> PublicStatistics:
        """What everybody may know. Raises `NotFound` (no-such-channel), `Forbidden`."""
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
            ever = await unit.statistics.totals(channel.id, _EVER, now)
            month = await unit.statistics.totals(channel.id, now - _MONTH, now)
            viewers = await unit.directory.viewers_of(channel.id)
        await self._access.require(actor, Action.READ_STATISTICS, channel.id)
        followers = await self._followers.followers(channel.id)
        return PublicStatistics(followers, viewers, ever.streamed, month.streamed)


class ReadBroadcastStatistics:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, messages: ChatMessageCounts
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._messages = messages

    async def __call__(
        self, actor: Actor, name: str, *, cursor: str | None = None, limit: int = 24
    ) -> BroadcastReports:
        """The latest first.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid` (malformed-cursor).
        """
        self._access.check(actor, Action.READ_BROADCAST_STATISTICS)
        before = read_cursor(cursor, _LISTING, _place)
        now, limit = self._clock.now(), page_size(limit)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.READ_BROADCAST_STATISTICS, channel.id)
        async with self._unit_of_work() as unit:
            found = await unit.statistics.page(channel.id, before=before, limit=limit + 1)
            month = await unit.statistics.totals(channel.id, now - _MONTH, now)
            quarter = await unit.statistics.totals(channel.id, now - _QUARTER, now)
        shown, next_cursor = cut_page(found, limit, _cursor)
        by_now = 0
        if any(one.ended_at is None for one in shown):
            by_now = await self._messages.before(channel.id, now)
        return BroadcastReports(
            month,
            quarter,
            [_report(one, now, by_now) for one in shown],
            next_cursor,
        )


def _cursor(last: BroadcastStatistics) -> str:
    return write_cursor(_LISTING, last.started_at.isoformat(), last.broadcast_id)


def _report(one: BroadcastStatistics, now: datetime, messages_by_now: int) -> BroadcastReport:
    running = max(0, messages_by_now - one.messages_before)
    return BroadcastReport(
        one.broadcast_id,
        one.title,
        one.started_at,
        one.ended_at,
        one.duration_at(now),
        one.average_viewers_at(now),
        one.peak_viewers,
        running if one.messages is None else one.messages,
    )


def _place(started_at: str, broadcast_id: str) -> tuple[datetime, str]:
    at = datetime.fromisoformat(started_at)
    if at.tzinfo is None or not isinstance(broadcast_id, str):
        raise ValueError(started_at)
    return at.astimezone(UTC), broadcast_id


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
