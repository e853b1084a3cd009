"""Who has which role on a channel, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.contract import AccountId
from livehouse.channel.adapters.postgres_channels import (
    CHANNEL_READ,
    CHANNEL_WITH_CATEGORY,
    channel_table,
    role_table,
    to_channel,
)
from livehouse.channel.application.ports import RolePlace
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant

_columns = role_table.c


class PostgresRoles:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, grant: RoleGrant) -> None:
        granted = {"role": grant.role.value, "granted_at": grant.granted_at}
        await self._connection.execute(
            insert(role_table)
            .values(channel_id=grant.channel_id.uuid, account_id=grant.account_id.uuid, **granted)
            .on_conflict_do_update(index_elements=["channel_id", "account_id"], set_=granted)
        )

    async def remove(self, channel_id: ChannelId, account_id: AccountId) -> bool:
        removed = await self._connection.execute(
            delete(role_table)
            .where(_columns.channel_id == channel_id.uuid, _columns.account_id == account_id.uuid)
            .returning(_columns.account_id)
        )
        return removed.one_or_none() is not None

    async def remove_all(self, account_id: AccountId) -> None:
        await self._connection.execute(delete(role_table).where(_columns.account_id == account_id.uuid))

    async def of(self, channel_id: ChannelId, account_id: AccountId) -> RoleGrant | None:
        found = await self._connection.execute(
            select(role_table).where(
                _columns.channel_id == channel_id.uuid, _columns.account_id == account_id.uuid
            )
        )
        row = found.one_or_none()
        return None if row is None else _to_grant(row)

    async def count(self, channel_id: ChannelId) -> int:
        counted = await self._connection.scalar(
            select(func.count()).select_from(role_table).where(_columns.channel_id == channel_id.uuid)
        )
        return int(counted or 0)

    async def page(
        self, channel_id: ChannelId, *, after: RolePlace | None, limit: int
    ) -> Sequence[RoleGrant]:
        role = _columns.role.collate("C")
        query = (
            select(role_table)
            .where(_columns.channel_id == channel_id.uuid)
            .order_by(role, _columns.account_id)
            .limit(limit)
        )
        if after is not None:
            place = tuple_(literal(after.role.value), literal(after.account_id.uuid))
            query = query.where(tuple_(role, _columns.account_id) > place)
        return [_to_grant(row) for row in await self._connection.execute(query)]

    async def held_by(
        self, account_id: AccountId, *, after: ChannelId | None, limit: int
    ) -> Sequence[tuple[Channel, ChannelRole]]:
        query = (
            select(*CHANNEL_READ, _columns.role)
            .select_from(
                CHANNEL_WITH_CATEGORY.join(role_table, _columns.channel_id == channel_table.c.channel_id)
            )
            .where(_columns.account_id == account_id.uuid)
            .order_by(_columns.channel_id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(_columns.channel_id > after.uuid)
        return [(to_channel(row), ChannelRole(row.role)) for row in await self._connection.execute(query)]


def _to_grant(row: Row[Any, Any, Any]) -> RoleGrant:
    return RoleGrant(
        ChannelId(row.channel_id), AccountId(row.account_id), ChannelRole(row.role), row.granted_at
    )
