"""Channels in PostgreSQL, schema `channel`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.ports import ChannelCard, DirectoryPlace
from livehouse.channel.contract import ChannelId, ChannelName
from livehouse.channel.domain.channel import Channel

_metadata = MetaData(schema="channel")

_channel = Table(
    "channel",
    _metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("channel_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)

_directory = Table(
    "directory",
    _metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("broadcast_id", Text, nullable=False),
    Column("is_live", Boolean, nullable=False),
    Column("viewers", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
)


class PostgresChannels:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, channel: Channel) -> bool:
        added = await self._connection.execute(
            insert(_channel)
            .values(
                owner_id=channel.owner_id.uuid,
                channel_id=channel.id.uuid,
                name=channel.name.value,
                title=channel.title,
                category=channel.category,
                created_at=channel.created_at,
                version=channel.version,
            )
            .on_conflict_do_nothing()
            .returning(_channel.c.channel_id)
        )
        return added.one_or_none() is not None

    async def by_id(self, channel_id: ChannelId) -> Channel | None:
        found = await self._connection.execute(
            select(_channel).where(_channel.c.channel_id == channel_id.uuid)
        )
        return _to_channel(found.one_or_none())

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        query = select(_channel).where(_channel.c.name == name.value)
        found = await self._connection.execute(query.with_for_update() if for_update else query)
        return _to_channel(found.one_or_none())

    async def by_owner(self, owner_id: AccountId) -> Channel | None:
        found = await self._connection.execute(select(_channel).where(_channel.c.owner_id == owner_id.uuid))
        return _to_channel(found.one_or_none())

    async def save(self, channel: Channel) -> None:
        await self._connection.execute(
            update(_channel)
            .where(_channel.c.owner_id == channel.owner_id.uuid, _channel.c.channel_id == channel.id.uuid)
            .values(title=channel.title, category=channel.category, version=channel.version)
        )


class PostgresDirectory:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def broadcast_started(self, channel_id: ChannelId, broadcast_id: str, started_at: datetime) -> None:
        live = {"broadcast_id": broadcast_id, "is_live": True, "viewers": 0, "started_at": started_at}
        await self._connection.execute(
            insert(_directory)
            .values(channel_id=channel_id.uuid, **live)
            .on_conflict_do_update(index_elements=["channel_id"], set_=live)
        )

    async def broadcast_ended(self, channel_id: ChannelId, broadcast_id: str) -> None:
        await self._connection.execute(
            update(_directory)
            .where(_directory.c.channel_id == channel_id.uuid, _directory.c.broadcast_id == broadcast_id)
            .values(is_live=False, viewers=0)
        )

    async def viewers_counted(self, channel_id: ChannelId, broadcast_id: str, viewers: int) -> None:
        await self._connection.execute(
            update(_directory)
            .where(
                _directory.c.channel_id == channel_id.uuid,
                _directory.c.broadcast_id == broadcast_id,
                _directory.c.is_live,
            )
            .values(viewers=viewers)
        )

    async def page(
        self, *, live_only: bool, after: DirectoryPlace | None, limit: int
    ) -> Sequence[ChannelCard]:
        is_live = func.coalesce(_directory.c.is_live, false())
        viewers = func.coalesce(_directory.c.viewers, 0)
        joined = _channel.outerjoin(_directory, _directory.c.channel_id == _channel.c.channel_id)
        query = (
            select(
                _channel.c.channel_id,
                _channel.c.name,
                _channel.c.title,
                _channel.c.category,
                is_live.label("is_live"),
                viewers.label("viewers"),
                _directory.c.started_at,
            )
            .select_from(joined)
            .order_by(is_live.desc(), viewers.desc(), _channel.c.channel_id)
            .limit(limit)
        )
        if live_only:
            query = query.where(_directory.c.is_live)
        if after is not None:
            query = query.where(
                or_(
                    and_(literal(after.is_live), is_live == false()),
                    and_(is_live == (true() if after.is_live else false()), viewers < after.viewers),
                    and_(
                        is_live == (true() if after.is_live else false()),
                        viewers == after.viewers,
                        _channel.c.channel_id > after.channel_id.uuid,
                    ),
                )
            )
        return [
            ChannelCard(
                ChannelId(row.channel_id),
                ChannelName(row.name),
                row.title,
                row.category,
                row.is_live,
                row.viewers,
                row.started_at if row.is_live else None,
            )
            for row in await self._connection.execute(query)
        ]


class PostgresChannelUnitOfWork(PostgresTransaction):
    @property
    def channels(self) -> PostgresChannels:
        return PostgresChannels(self.connection)

    @property
    def directory(self) -> PostgresDirectory:
        return PostgresDirectory(self.connection)


def _to_channel(row: Row[Any, Any, Any] | None) -> Channel | None:
    if row is None:
        return None
    return Channel(
        ChannelId(row.channel_id),
        AccountId(row.owner_id),
        ChannelName(row.name),
        row.title,
        row.category,
        row.created_at,
        row.version,
    )
