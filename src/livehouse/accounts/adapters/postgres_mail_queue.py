"""Mail that waits, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.adapters.postgres_tables import mail_queue
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import MailId, MailKind, OutgoingMail


class PostgresMailQueue:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, mail: OutgoingMail) -> None:
        await self._connection.execute(
            insert(mail_queue).values(
                mail_id=mail.id.uuid,
                kind=mail.kind.value,
                recipient=mail.recipient.value,
                account_id=None if mail.account_id is None else mail.account_id.uuid,
                created_at=mail.created_at,
                due_at=mail.due_at,
                tries=mail.tries,
            )
        )

    async def take_due(self, now: datetime, lease_until: datetime) -> OutgoingMail | None:
        due = (
            select(mail_queue.c.mail_id)
            .where(mail_queue.c.due_at <= now)
            .order_by(mail_queue.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        taken = await self._connection.execute(
            update(mail_queue)
            .where(mail_queue.c.mail_id == due)
            .values(due_at=lease_until)
            .returning(*mail_queue.c)
        )
        row = taken.one_or_none()
        if row is None:
            return None
        return OutgoingMail(
            id=MailId(row.mail_id),
            kind=MailKind(row.kind),
            recipient=MailAddress(row.recipient),
            account_id=None if row.account_id is None else AccountId(row.account_id),
            created_at=row.created_at,
            due_at=row.due_at,
            tries=row.tries,
        )

    async def postpone(self, mail: OutgoingMail) -> None:
        await self._connection.execute(
            update(mail_queue)
            .where(mail_queue.c.mail_id == mail.id.uuid)
            .values(due_at=mail.due_at, tries=mail.tries)
        )

    async def remove(self, mail_id: MailId) -> None:
        await self._connection.execute(delete(mail_queue).where(mail_queue.c.mail_id == mail_id.uuid))
