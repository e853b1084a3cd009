"""What administrators did, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.adapters import postgres_tables as tables
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId


class PostgresAuditLog:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, entry: AuditEntry) -> None:
        await self._connection.execute(
            insert(tables.audit_entry)
            .values(
                entry_id=entry.id.uuid,
                at=entry.at,
                by_id=None if entry.by is None else entry.by.uuid,
                by_name=None if entry.by_name is None else entry.by_name.value,
                what=entry.what,
                subject=entry.subject,
                subject_name=entry.subject_name,
                reason=entry.reason,
            )
            .on_conflict_do_nothing()
        )

    async def page(
        self, *, before: AuditEntryId | None, limit: int, subject: str | None = None
    ) -> Sequence[AuditEntry]:
        query = select(tables.audit_entry).order_by(tables.audit_entry.c.entry_id.desc()).limit(limit)
        if before is not None:
            query = query.where(tables.audit_entry.c.entry_id < before.uuid)
        if subject is not None:
            query = query.where(tables.audit_entry.c.subject == subject)
        return [
            AuditEntry(
                id=AuditEntryId(row.entry_id),
                at=row.at,
                by=None if row.by_id is None else AccountId(row.by_id),
                by_name=None if row.by_name is None else AccountName(row.by_name),
                what=row.what,
                subject=row.subject,
                subject_name=row.subject_name,
                reason=row.reason,
            )
            for row in await self._connection.execute(query)
        ]
