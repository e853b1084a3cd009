"""Schedules in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.channel.adapters.postgres_categories import category_table
from livehouse.channel.contract import CategoryId, ChannelId
from livehouse.channel.domain.schedule import WEEK, ScheduleEntry, ScheduleEntryId, Vacation

_metadata = MetaData(schema="channel")

_entry = Table(
    "schedule_entry",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("entry_id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("category_id", Uuid),
    Column("starts_at", DateTime(timezone=False), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("duration_min", Integer, nullable=False),
    Column("repeats_on", ARRAY(SmallInteger), nullable=False),
    Column("repeats_until", Date),
    Column("cancelled", ARRAY(Date), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)

_vacation = Table(
    "schedule_vacation",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
)


class PostgresSchedule:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def entries(self, channel_id: ChannelId) -> Sequence[ScheduleEntry]:
        found = await self._connection.execute(
            select(
                _entry, category_table.c.name.label("category"), category_table.c.slug.label("category_slug")
            )
            .outerjoin(category_table, category_table.c.category_id == _entry.c.category_id)
            .where(_entry.c.channel_id == channel_id.uuid)
            .order_by(_entry.c.entry_id)
        )
        return [_to_entry(row) for row in found]

    async def save(self, entry: ScheduleEntry) -> None:
        values = {
            "title": entry.title,
            "category_id": None if entry.category_id is None else entry.category_id.uuid,
            "starts_at": entry.starts_at,
            "time_zone": entry.time_zone,
            "duration_min": entry.duration // timedelta(minutes=1),
            "repeats_on": sorted(WEEK.index(day) for day in entry.repeats_on),
            "repeats_until": entry.repeats_until,
            "cancelled": sorted(entry.cancelled),
            "changed_at": entry.changed_at,
            "version": entry.version,
        }
        await self._connection.execute(
            insert(_entry)
            .values(channel_id=entry.channel_id.uuid, entry_id=entry.id.uuid, **values)
            .on_conflict_do_update(index_elements=["channel_id", "entry_id"], set_=values)
        )

    async def remove(self, channel_id: ChannelId, entry_id: ScheduleEntryId) -> bool:
        removed = await self._connection.execute(
            delete(_entry)
            .where(_entry.c.channel_id == channel_id.uuid, _entry.c.entry_id == entry_id.uuid)
            .returning(_entry.c.entry_id)
        )
        return removed.one_or_none() is not None

    async def vacation(self, channel_id: ChannelId) -> Vacation | None:
        found = await self._connection.execute(
            select(_vacation.c.starts_at, _vacation.c.ends_at).where(
                _vacation.c.channel_id == channel_id.uuid
            )
        )
        row = found.one_or_none()
        return None if row is None else Vacation(row.starts_at, row.ends_at)

    async def set_vacation(self, channel_id: ChannelId, vacation: Vacation | None) -> None:
        if vacation is None:
            await self._connection.execute(delete(_vacation).where(_vacation.c.channel_id == channel_id.uuid))
            return
        span = {"starts_at": vacation.starts_at, "ends_at": vacation.ends_at}
        await self._connection.execute(
            insert(_vacation)
            .values(channel_id=channel_id.uuid, **span)
            .on_conflict_do_update(index_elements=["channel_id"], set_=span)
        )


def _to_entry(row: Row[Any, Any, Any]) -> ScheduleEntry:
    return ScheduleEntry(
        id=ScheduleEntryId(row.entry_id),
        channel_id=ChannelId(row.channel_id),
        title=row.title,
        category_id=None if row.category_id is None else CategoryId(row.category_id),
        starts_at=row.starts_at,
        time_zone=row.time_zone,
        duration=timedelta(minutes=row.duration_min),
        repeats_on=frozenset(WEEK[place] for place in row.repeats_on),
        repeats_until=row.repeats_until,
        cancelled=frozenset(row.cancelled),
        changed_at=row.changed_at,
        version=row.version,
        category=row.category or "",
        category_slug=row.category_slug,
    )
