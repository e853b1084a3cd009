"""Channels in PostgreSQL, schema `channel`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    select,
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
from livehouse.channel.adapters.postgres_categories import PostgresCategories, category_table
from livehouse.channel.adapters.postgres_directory import PostgresDirectory
from livehouse.channel.adapters.postgres_schedule import PostgresSchedule
from livehouse.channel.adapters.postgres_statistics import PostgresStatistics
from livehouse.channel.contract import CategoryId, ChannelId, ChannelName, ChatModes, Privacy
from livehouse.channel.domain.channel import Channel

_metadata = MetaData(schema="channel")

_channel = Table(
    "channel",
    _metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("channel_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("category_id", Uuid),
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

_READ = select(
    _channel, category_table.c.name.label("category"), category_table.c.slug.label("category_slug")
).outerjoin(category_table, category_table.c.category_id == _channel.c.category_id)


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
        found = await self._connection.execute(_READ.where(_channel.c.channel_id == channel_id.uuid))
        return _to_channel(found.one_or_none())

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        query = _READ.where(_channel.c.name == name.value)
        found = await self._connection.execute(query.with_for_update(of=_channel) if for_update else query)
        return _to_channel(found.one_or_none())

    async def by_owner(self, owner_id: AccountId) -> Channel | None:
        found = await self._connection.execute(_READ.where(_channel.c.owner_id == owner_id.uuid))
        return _to_channel(found.one_or_none())

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        found = await self._connection.execute(
            _READ.where(_channel.c.channel_id.in_([channel_id.uuid for channel_id in channel_ids]))
        )
        return [channel for row in found if (channel := _to_channel(row)) is not None]

    async def save(self, channel: Channel) -> None:
        await self._connection.execute(
            update(_channel)
            .where(_channel.c.owner_id == channel.owner_id.uuid, _channel.c.channel_id == channel.id.uuid)
            .values(**_values(channel))
        )


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
    def categories(self) -> PostgresCategories:
        return PostgresCategories(self.connection)

    @property
    def statistics(self) -> PostgresStatistics:
        return PostgresStatistics(self.connection)

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
        category=row.category or "",
        category_id=None if row.category_id is None else CategoryId(row.category_id),
        category_slug=row.category_slug,
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
        "category_id": None if channel.category_id is None else channel.category_id.uuid,
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
