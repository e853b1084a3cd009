"""Who has blocked whom, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.adapters.postgres_accounts import CARD, to_card
from livehouse.accounts.adapters.postgres_tables import account, block
from livehouse.accounts.contract import AccountId, AccountName, PersonCard


class PostgresBlocks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account_id: AccountId, blocked_id: AccountId, at: datetime) -> None:
        await self._connection.execute(
            insert(block)
            .values(account_id=account_id.uuid, blocked_id=blocked_id.uuid, blocked_at=at)
            .on_conflict_do_nothing()
        )

    async def remove(self, account_id: AccountId, blocked_id: AccountId) -> None:
        await self._connection.execute(
            delete(block).where(block.c.account_id == account_id.uuid, block.c.blocked_id == blocked_id.uuid)
        )

    async def exists(self, account_id: AccountId, blocked_id: AccountId) -> bool:
        found = await self._connection.scalar(
            select(block.c.blocked_at).where(
                block.c.account_id == account_id.uuid, block.c.blocked_id == blocked_id.uuid
            )
        )
        return found is not None

    async def count(self, account_id: AccountId) -> int:
        counted = await self._connection.scalar(
            select(func.count()).select_from(block).where(block.c.account_id == account_id.uuid)
        )
        return int(counted or 0)

    async def page(
        self, account_id: AccountId, *, after: AccountName | None, limit: int
    ) -> Sequence[tuple[PersonCard, datetime]]:
        name = account.c.name.collate("C")
        query = (
            select(*CARD, block.c.blocked_at)
            .join(account, account.c.account_id == block.c.blocked_id)
            .where(block.c.account_id == account_id.uuid)
            .order_by(name)
            .limit(limit)
        )
        if after is not None:
            query = query.where(name > after.value)
        return [(to_card(*card), blocked_at) for *card, blocked_at in await self._connection.execute(query)]
