"""Payments in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.adapters.postgres_tables import payment as _payment
from livehouse.social.application.ports import Place
from livehouse.social.domain.money import Money
from livehouse.social.domain.payment import Payment, PaymentId, PaymentKind, PaymentState
from livehouse.social.domain.tier import TierId


class PostgresPayments:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, channel_id: ChannelId, payment_id: PaymentId) -> Payment | None:
        found = await self._connection.execute(
            select(_payment).where(
                _payment.c.channel_id == channel_id.uuid, _payment.c.payment_id == payment_id.uuid
            )
        )
        row = found.one_or_none()
        return None if row is None else to_payment(row)

    async def save(self, payment: Payment) -> None:
        settlement = {
            "state": payment.state.value,
            "settled_at": payment.settled_at,
            "settled_by": None if payment.settled_by is None else payment.settled_by.uuid,
        }
        await self._connection.execute(
            insert(_payment)
            .values(
                channel_id=payment.channel_id.uuid,
                payment_id=payment.id.uuid,
                account_id=None if payment.account_id is None else payment.account_id.uuid,
                kind=payment.kind.value,
                tier_id=payment.tier_id.uuid,
                amount=payment.amount.amount,
                price=payment.price.amount,
                currency=payment.amount.currency,
                months=payment.months,
                provider=payment.provider,
                reference=payment.reference,
                created_at=payment.created_at,
                due_at=payment.due_at,
                **settlement,
            )
            .on_conflict_do_update(index_elements=["channel_id", "payment_id"], set_=settlement)
        )

    async def of_channel(
        self, channel_id: ChannelId, state: PaymentState | None, *, after: Place | None, limit: int
    ) -> Sequence[Payment]:
        query = select(_payment).where(_payment.c.channel_id == channel_id.uuid)
        if state is not None:
            query = query.where(_payment.c.state == state.value)
        if after is not None:
            query = query.where(
                tuple_(_payment.c.created_at, _payment.c.payment_id) < (after.at, after.id.uuid)
            )
        query = query.order_by(_payment.c.created_at.desc(), _payment.c.payment_id.desc()).limit(limit)
        return [to_payment(row) for row in await self._connection.execute(query)]

    async def of_account(
        self, account_id: AccountId, *, after: Place | None, limit: int
    ) -> Sequence[Payment]:
        query = select(_payment).where(_payment.c.account_id == account_id.uuid)
        if after is not None:
            query = query.where(
                tuple_(_payment.c.created_at, _payment.c.payment_id) < (after.at, after.id.uuid)
            )
        query = query.order_by(_payment.c.created_at.desc(), _payment.c.payment_id.desc()).limit(limit)
        return [to_payment(row) for row in await self._connection.execute(query)]

    async def forget_account(self, account_id: AccountId) -> None:
        for column in (_payment.c.account_id, _payment.c.settled_by):
            await self._connection.execute(
                update(_payment).where(column == account_id.uuid).values({column: None})
            )


def to_payment(row: Any) -> Payment:
    return Payment(
        id=PaymentId(row.payment_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        channel_id=ChannelId(row.channel_id),
        kind=PaymentKind(row.kind),
        tier_id=TierId(row.tier_id),
        amount=Money(row.amount, row.currency),
        price=Money(row.price, row.currency),
        months=row.months,
        created_at=row.created_at,
        due_at=row.due_at,
        state=PaymentState(row.state),
        settled_at=row.settled_at,
        settled_by=None if row.settled_by is None else AccountId(row.settled_by),
        provider=row.provider,
        reference=row.reference,
    )
