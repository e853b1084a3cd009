"""Channels in PostgreSQL, schema `channel`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
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
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from cpc.images.postgres import PostgresImagesInDoubt
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId
from livehouse.channel.adapters.postgres_about import PostgresAbout
from livehouse.channel.adapters.postgres_banners import PostgresBanners
from livehouse.channel.adapters.postgres_schedule import PostgresSchedule
from livehouse.channel.application.ports import ChannelCard, DirectoryPlace
from livehouse.channel.contract import ChannelId, ChannelName, ChatModes, Privacy
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
    Column("tags", ARRAY(Text), nullable=False),
    Column("language", Text, nullable=False),
    Column("is_mature", Boolean, nullable=False),
    Column("is_recorded", Boolean, nullable=False),
    Column("ladder", ARRAY(Integer), nullable=False),
    Column("slow_mode_s", Integer, nullable=False),
    Column("followers_only_min", Integer),
    Column("members_only_chat", Boolean, nullable=False),
    Column("emotes_only_chat", Boolean, nullable=False),
    Column("privacy", Text, nullable=False),
    Column("suspension_reason", Text),
    Column("suspended_until", DateTime(timezone=True)),
    Column("deletion_due_at", DateTime(timezone=True)),
    Column("renamed_at", DateTime(timezone=True)),
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
                created_at=channel.created_at,
                **_values(channel),
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

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        found = await self._connection.execute(
            select(_channel).where(_channel.c.channel_id.in_([channel_id.uuid for channel_id in channel_ids]))
        )
        return [channel for row in found if (channel := _to_channel(row)) is not None]

    async def save(self, channel: Channel) -> None:
        await self._connection.execute(
            update(_channel)
            .where(_channel.c.owner_id == channel.owner_id.uuid, _channel.c.channel_id == channel.id.uuid)
            .values(**_values(channel))
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
        self, *, live_only: bool, after: DirectoryPlace | None, limit: int, now: datetime
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
                _channel.c.tags,
                _channel.c.language,
                _channel.c.is_mature,
                _channel.c.privacy,
                is_live.label("is_live"),
                viewers.label("viewers"),
                _directory.c.started_at,
            )
            .select_from(joined)
            .where(
                _channel.c.privacy != text("'unlisted'"),
                or_(_channel.c.suspension_reason.is_(None), _channel.c.suspended_until <= now),
            )
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
                tuple(row.tags),
                row.language,
                row.is_mature,
                Privacy(row.privacy),
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

    @property
    def about(self) -> PostgresAbout:
        return PostgresAbout(self.connection)

    @property
    def schedule(self) -> PostgresSchedule:
        return PostgresSchedule(self.connection)

    @property
    def banners(self) -> PostgresBanners:
        return PostgresBanners(self.connection)

    @property
    def images_in_doubt(self) -> PostgresImagesInDoubt:
        return PostgresImagesInDoubt(self.connection)


def _to_channel(row: Row[Any, Any, Any] | None) -> Channel | None:
    if row is None:
        return None
    suspension = None
    if row.suspension_reason is not None:
        suspension = Suspension(row.suspension_reason, row.suspended_until)
    return Channel(
        id=ChannelId(row.channel_id),
        owner_id=AccountId(row.owner_id),
        name=ChannelName(row.name),
        title=row.title,
        category=row.category,
        created_at=row.created_at,
        version=row.version,
        tags=tuple(row.tags),
        language=row.language,
        is_mature=row.is_mature,
        is_recorded=row.is_recorded,
        ladder=tuple(row.ladder),
        privacy=Privacy(row.privacy),
        chat_modes=ChatModes(
            slow_mode_s=row.slow_mode_s,
            followers_only_min=row.followers_only_min,
            members_only=row.members_only_chat,
            emotes_only=row.emotes_only_chat,
        ),
        suspension=suspension,
        deletion_due_at=row.deletion_due_at,
        renamed_at=row.renamed_at,
    )


def _values(channel: Channel) -> dict[str, Any]:
    """What may change."""
    suspension, modes = channel.suspension, channel.chat_modes
    return {
        "name": channel.name.value,
        "title": channel.title,
        "category": channel.category,
        "version": channel.version,
        "tags": list(channel.tags),
        "language": channel.language,
        "is_mature": channel.is_mature,
        "is_recorded": channel.is_recorded,
        "ladder": list(channel.ladder),
        "slow_mode_s": modes.slow_mode_s,
        "followers_only_min": modes.followers_only_min,
        "members_only_chat": modes.members_only,
        "emotes_only_chat": modes.emotes_only,
        "privacy": channel.privacy.value,
        "suspension_reason": None if suspension is None else suspension.reason,
        "suspended_until": None if suspension is None else suspension.until,
        "deletion_due_at": channel.deletion_due_at,
        "renamed_at": channel.renamed_at,
    }
