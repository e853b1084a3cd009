"""What binds one account to one channel, in one statement: access asks it with many a request."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.kernel.ids import EntityId
from livehouse.social.adapters.postgres_tables import follow as _follow
from livehouse.social.contract import Support


class PostgresSupports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, channel_id: EntityId, account_id: EntityId) -> Support:
        followed_at = (
            select(_follow.c.followed_at)
            .where(_follow.c.account_id == account_id.uuid, _follow.c.channel_id == channel_id.uuid)
            .scalar_subquery()
        )
        row = (await self._connection.execute(select(followed_at.label("followed_at")))).one()
        return Support(row.followed_at)
