"""Channels themselves in PostgreSQL, schema `channel`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres_reads import PreparedRead
from cpc.images.image import ImageName
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId
from livehouse.channel.adapters.postgres_banners import banner_table
from livehouse.channel.adapters.postgres_categories import category_table
from livehouse.channel.contract import CategoryId, ChannelId, ChannelName, ChatModes, Privacy
from livehouse.channel.domain.channel import Channel, ChannelState
from livehouse.channel.domain.role_grant import ChannelRole

metadata = MetaData(schema="channel")

channel_table = Table(
    "channel",
    metadata,
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
    Column("owner_suspension_reason", Text),
    Column("owner_suspended_until", DateTime(timezone=True)),
    Column("deletion_due_at", DateTime(timezone=True)),
    Column("renamed_at", DateTime(timezone=True)),
)

role_table = Table(
    "role",
    metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("account_id", Uuid, primary_key=True),
    Column("role", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
)

_former_name = Table(
    "former_name",
    metadata,
    Column("name", Text, primary_key=True),
    Column("channel_id", Uuid, nullable=False),
    Column("kept_until", DateTime(timezone=True), nullable=False),
)

_erased_channel = Table(
    "erased_channel",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
)


_columns = channel_table.c
CHANNEL_READ = (
    channel_table,
    category_table.c.name.label("category"),
    category_table.c.slug.label("category_slug"),
)
CHANNEL_WITH_CATEGORY = channel_table.outerjoin(
    category_table, category_table.c.category_id == _columns.category_id
)
_READ = select(*CHANNEL_READ).select_from(CHANNEL_WITH_CATEGORY)
_WITH_BANNER = PreparedRead(
    select(*CHANNEL_READ, banner_table.c.image.label("banner"))
    .select_from(
        CHANNEL_WITH_CATEGORY.outerjoin(banner_table, banner_table.c.channel_id == _columns.channel_id)
    )
    .where(_columns.name == bindparam("name"))
)
# Access asks for it with many a request.
_WITH_ROLE = PreparedRead(
    select(*CHANNEL_READ, role_table.c.role)
    .select_from(
        CHANNEL_WITH_CATEGORY.outerjoin(
            role_table,
            and_(
                role_table.c.channel_id == _columns.channel_id,
                role_table.c.account_id == bindparam("account_id"),
            ),
        )
    )
    .where(_columns.channel_id == bindparam("channel_id"))
)


class PostgresChannels:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, channel: Channel) -> bool:
        added = await self._connection.execute(
            insert(channel_table)
            .values(
                owner_id=channel.owner_id.uuid,
                channel_id=channel.id.uuid,
                created_at=channel.created_at,
                **_values(channel),
            )
            .on_conflict_do_nothing()
            .returning(channel_table.c.channel_id)
        )
        return added.one_or_none() is not None

    async def by_id(self, channel_id: ChannelId, *, for_update: bool = False) -> Channel | None:
        return await self._one(_columns.channel_id == channel_id.uuid, for_update=for_update)

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        return await self._one(_columns.name == name.value, for_update=for_update)

    async def by_former_name(self, name: ChannelName) -> Channel | None:
        found = await self._connection.execute(
            _READ.join(_former_name, _former_name.c.channel_id == _columns.channel_id).where(
                _former_name.c.name == name.value
            )
        )
        row = found.one_or_none()
        return None if row is None else to_channel(row)

    async def by_owner(self, owner_id: AccountId, *, for_update: bool = False) -> Channel | None:
        return await self._one(_columns.owner_id == owner_id.uuid, for_update=for_update)

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        found = await self._connection.execute(
            _READ.where(_columns.channel_id.in_([each.uuid for each in channel_ids]))
        )
        return [to_channel(row) for row in found]

    async def with_banner(self, name: ChannelName) -> tuple[Channel, ImageName | None] | None:
        row = await _WITH_BANNER.row(self._connection, name=name.value)
        if row is None:
            return None
        return to_channel(row), None if row.banner is None else ImageName(row.banner)

    async def with_role(
        self, channel_id: ChannelId, account_id: AccountId | None
    ) -> tuple[Channel, ChannelRole | None] | None:
        row = await _WITH_ROLE.row(
            self._connection,
            channel_id=channel_id.uuid,
            account_id=None if account_id is None else account_id.uuid,
        )
        if row is None:
            return None
        return to_channel(row), None if row.role is None else ChannelRole(row.role)

    async def page(
        self, *, prefix: str, state: ChannelState | None, now: datetime, after: ChannelName | None, limit: int
    ) -> Sequence[Channel]:
        name = _columns.name.collate("C")
        query = _READ.order_by(name).limit(limit)
        suspended = and_(
            _columns.suspension_reason.is_not(None),
            or_(_columns.suspended_until.is_(None), _columns.suspended_until > now),
        )
        if prefix:
            query = query.where(name.startswith(prefix, autoescape=True))
        match state:
            case ChannelState.SUSPENDED:
                query = query.where(suspended)
            case ChannelState.DELETING:
                query = query.where(_columns.deletion_due_at.is_not(None))
            case ChannelState.ACTIVE:
                query = query.where(not_suspended(now), _columns.deletion_due_at.is_(None))
            case None:
                pass
        if after is not None:
            query = query.where(name > after.value)
        return [to_channel(row) for row in await self._connection.execute(query)]

    async def save(self, channel: Channel) -> None:
        await self._connection.execute(
            update(channel_table)
            .where(_columns.owner_id == channel.owner_id.uuid, _columns.channel_id == channel.id.uuid)
            .values(**_values(channel))
        )

    async def note_former_name(self, name: ChannelName, channel_id: ChannelId, until: datetime) -> None:
        now_of = {"channel_id": channel_id.uuid, "kept_until": until}
        await self._connection.execute(
            insert(_former_name)
            .values(name=name.value, **now_of)
            .on_conflict_do_update(index_elements=["name"], set_=now_of)
        )

    async def forget_former_name(self, name: ChannelName) -> None:
        await self._connection.execute(delete(_former_name).where(_former_name.c.name == name.value))

    async def forget_former_names_until(self, now: datetime) -> None:
        await self._connection.execute(delete(_former_name).where(_former_name.c.kept_until <= now))

    async def due_for_deletion(self, now: datetime) -> Channel | None:
        found = await self._connection.execute(
            _READ.where(_columns.deletion_due_at <= now, not_suspended(now), _owner_not_suspended(now))
            .order_by(_columns.deletion_due_at)
            .limit(1)
            .with_for_update(of=channel_table, skip_locked=True)
        )
        row = found.one_or_none()
        return None if row is None else to_channel(row)

    async def erase(self, channel: Channel, at: datetime) -> None:
        # What refers to the channel's row goes with it.
        await self._connection.execute(delete(channel_table).where(_columns.channel_id == channel.id.uuid))
        erased = {"erased_at": at}
        await self._connection.execute(
            insert(_erased_channel)
            .values(owner_id=channel.owner_id.uuid, **erased)
            .on_conflict_do_update(index_elements=["owner_id"], set_=erased)
        )

    async def was_erased(self, owner_id: AccountId) -> bool:
        found = await self._connection.scalar(
            select(_erased_channel.c.erased_at).where(_erased_channel.c.owner_id == owner_id.uuid)
        )
        return found is not None

    async def forget_owner(self, owner_id: AccountId) -> None:
        await self._connection.execute(
            delete(_erased_channel).where(_erased_channel.c.owner_id == owner_id.uuid)
        )

    async def _one(self, which: ColumnElement[bool], *, for_update: bool) -> Channel | None:
        query = _READ.where(which)
        found = await self._connection.execute(
            query.with_for_update(of=channel_table) if for_update else query
        )
        row = found.one_or_none()
        return None if row is None else to_channel(row)


def not_suspended(now: datetime) -> ColumnElement[bool]:
    return or_(_columns.suspension_reason.is_(None), _columns.suspended_until <= now)


def _owner_not_suspended(now: datetime) -> ColumnElement[bool]:
    return or_(_columns.owner_suspension_reason.is_(None), _columns.owner_suspended_until <= now)


def to_channel(row: Any) -> Channel:
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
        suspension=_suspension(row.suspension_reason, row.suspended_until),
        owner_suspension=_suspension(row.owner_suspension_reason, row.owner_suspended_until),
        deletion_due_at=row.deletion_due_at,
        renamed_at=row.renamed_at,
    )


def _suspension(reason: str | None, until: datetime | None) -> Suspension | None:
    return None if reason is None else Suspension(reason, until)


def _values(channel: Channel) -> dict[str, Any]:
    """What may change."""
    suspension, owners, modes = channel.suspension, channel.owner_suspension, channel.chat_modes
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
        "owner_suspension_reason": None if owners is None else owners.reason,
        "owner_suspended_until": None if owners is None else owners.until,
        "deletion_due_at": channel.deletion_due_at,
        "renamed_at": channel.renamed_at,
    }
