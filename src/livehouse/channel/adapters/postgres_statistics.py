"""Statistics of broadcasts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics, Totals

_metadata = MetaData(schema="channel")

_statistics = Table(
    "broadcast_statistics",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("broadcast_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("viewers", Integer, nullable=False),
    Column("peak_viewers", Integer, nullable=False),
    Column("viewer_s", Double, nullable=False),
    Column("messages_before", BigInteger, nullable=False),
    Column("messages", BigInteger),
)

# One that runs has its viewers since they were last counted added, as `viewer_s_at` does.
_TOTALS = text(
    """
    SELECT count(*) AS broadcasts,
        coalesce(sum(greatest(interval '0', coalesce(ended_at, :now) - started_at)), interval '0')
            AS streamed,
        coalesce(sum(viewer_s + viewers * greatest(
            0, extract(epoch FROM coalesce(ended_at, :now) - counted_at))), 0) AS viewer_s,
        coalesce(max(peak_viewers), 0) AS peak_viewers,
        coalesce(sum(messages), 0) AS messages
    FROM channel.broadcast_statistics
    WHERE channel_id = :channel_id AND started_at >= :since
    """
).bindparams(
    bindparam("channel_id", type_=Uuid()),
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("now", type_=DateTime(timezone=True)),
)
_CHANNEL_IS_THERE = text(
    "SELECT 1 FROM channel.channel WHERE channel_id = :channel_id FOR KEY SHARE"
).bindparams(bindparam("channel_id", type_=Uuid()))


class PostgresStatistics:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(
        self, channel_id: ChannelId, broadcast_id: str, *, for_update: bool = False
    ) -> BroadcastStatistics | None:
        query = select(_statistics).where(
            _statistics.c.channel_id == channel_id.uuid, _statistics.c.broadcast_id == broadcast_id
        )
        found = await self._connection.execute(query.with_for_update() if for_update else query)
        row = found.one_or_none()
        return None if row is None else _to_statistics(row)

    async def save(self, statistics: BroadcastStatistics) -> None:
        there = await self._connection.execute(_CHANNEL_IS_THERE, {"channel_id": statistics.channel_id.uuid})
        if there.one_or_none() is None:
            return
        values = {
            "title": statistics.title,
            "started_at": statistics.started_at,
            "counted_at": statistics.counted_at,
            "ended_at": statistics.ended_at,
            "viewers": statistics.viewers,
            "peak_viewers": statistics.peak_viewers,
            "viewer_s": statistics.viewer_s,
            "messages_before": statistics.messages_before,
            "messages": statistics.messages,
        }
        await self._connection.execute(
            insert(_statistics)
            .values(channel_id=statistics.channel_id.uuid, broadcast_id=statistics.broadcast_id, **values)
            .on_conflict_do_update(index_elements=["channel_id", "broadcast_id"], set_=values)
        )

    async def page(
        self, channel_id: ChannelId, *, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[BroadcastStatistics]:
        place = tuple_(_statistics.c.started_at, _statistics.c.broadcast_id)
        query = (
            select(_statistics)
            .where(_statistics.c.channel_id == channel_id.uuid)
            .order_by(_statistics.c.started_at.desc(), _statistics.c.broadcast_id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(place < before)
        return [_to_statistics(row) for row in await self._connection.execute(query)]

    async def totals(self, channel_id: ChannelId, since: datetime, now: datetime) -> Totals:
        found = await self._connection.execute(
            _TOTALS, {"channel_id": channel_id.uuid, "since": since, "now": now}
        )
        row = found.one()
        streamed: timedelta = row.streamed
        return Totals(row.broadcasts, streamed, float(row.viewer_s), row.peak_viewers, int(row.messages))


def _to_statistics(row: Row[Any, Any, Any]) -> BroadcastStatistics:
    return BroadcastStatistics(
        channel_id=ChannelId(row.channel_id),
        broadcast_id=row.broadcast_id,
        title=row.title,
        started_at=row.started_at,
        counted_at=row.counted_at,
        messages_before=row.messages_before,
        ended_at=row.ended_at,
        viewers=row.viewers,
        peak_viewers=row.peak_viewers,
        viewer_s=row.viewer_s,
        messages=row.messages,
    )
