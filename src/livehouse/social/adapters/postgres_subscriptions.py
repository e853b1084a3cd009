"""Paid subscriptions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.adapters.postgres_payments import to_payment
from livehouse.social.adapters.postgres_tables import paid_subscription as _subscription
from livehouse.social.adapters.postgres_tables import payment as _payment
from livehouse.social.application.ports import Place
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import (
    FormerTier,
    PaidSubscription,
    Run,
    SubscriptionId,
    SubscriptionState,
)
from livehouse.social.domain.payment import Payment, PaymentState
from livehouse.social.domain.tier import TierId

# There may be no row to hold yet.
_LOCK_PAIR = text("SELECT pg_advisory_xact_lock(hashtextextended('social.subscription ' || :pair, 0))")
_RUNNING = _subscription.c.state.in_(["active", "cancelled"])
_OPEN = _subscription.c.state.in_(["pending", "active", "cancelled"])


class PostgresSubscriptions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(
        self, account_id: AccountId, channel_id: ChannelId, *, for_update: bool = False
    ) -> PaidSubscription | None:
        query = select(_subscription).where(
            _subscription.c.account_id == account_id.uuid, _subscription.c.channel_id == channel_id.uuid
        )
        if for_update:
            pair = f"{account_id.uuid.hex} {channel_id.uuid.hex}"
            await self._connection.execute(_LOCK_PAIR, {"pair": pair})
            query = query.with_for_update()
        return next(iter(await self._read(query)), None)

    async def save(self, subscription: PaidSubscription) -> None:
        run = subscription.run
        next_tier_id, former = subscription.next_tier_id, subscription.former
        values = {
            "state": subscription.state.value,
            "tier_id": subscription.tier_id.uuid,
            "next_tier_id": None if next_tier_id is None else next_tier_id.uuid,
            "amount": subscription.price.amount,
            "currency": subscription.price.currency,
            "asked_at": subscription.asked_at,
            "run_started_at": None if run is None else run.started_at,
            "run_months": 0 if run is None else run.months,
            "months_before": subscription.months_before,
            "streak_before": subscription.streak_before,
            "former_tier_id": None if former is None else former.tier_id.uuid,
            "former_until": None if former is None else former.until,
            "renewal_postponed_to": subscription.renewal_postponed_to,
            "entitled_until": subscription.entitled_until,
            "due_at": subscription.due_at,
        }
        await self._connection.execute(
            insert(_subscription)
            .values(
                account_id=subscription.account_id.uuid,
                channel_id=subscription.channel_id.uuid,
                subscription_id=subscription.id.uuid,
                **values,
            )
            .on_conflict_do_update(index_elements=["account_id", "channel_id"], set_=values)
        )

    async def next_due(self, now: datetime) -> PaidSubscription | None:
        query = (
            select(_subscription)
            .where(_subscription.c.due_at <= now)
            .order_by(_subscription.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return next(iter(await self._read(query)), None)

    async def put_off(self, subscription: PaidSubscription, until: datetime) -> None:
        await self._connection.execute(
            update(_subscription)
            .where(
                _subscription.c.account_id == subscription.account_id.uuid,
                _subscription.c.channel_id == subscription.channel_id.uuid,
            )
            .values(due_at=until)
        )

    async def of_account(
        self, account_id: AccountId, *, after: Place | None, limit: int
    ) -> Sequence[PaidSubscription]:
        query = select(_subscription).where(_subscription.c.account_id == account_id.uuid)
        if after is not None:
            query = query.where(
                tuple_(_subscription.c.asked_at, _subscription.c.channel_id) < (after.at, after.id.uuid)
            )
        order = (_subscription.c.asked_at.desc(), _subscription.c.channel_id.desc())
        return await self._read(query.order_by(*order).limit(limit))

    async def running_in(
        self, channel_id: ChannelId, *, after: Place | None, limit: int
    ) -> Sequence[PaidSubscription]:
        query = select(_subscription).where(_subscription.c.channel_id == channel_id.uuid, _RUNNING)
        if after is not None:
            query = query.where(
                tuple_(_subscription.c.run_started_at, _subscription.c.account_id) < (after.at, after.id.uuid)
            )
        order = (_subscription.c.run_started_at.desc(), _subscription.c.account_id.desc())
        return await self._read(query.order_by(*order).limit(limit))

    async def open_in(self, channel_id: ChannelId, limit: int) -> Sequence[PaidSubscription]:
        query = select(_subscription).where(_subscription.c.channel_id == channel_id.uuid, _OPEN)
        return await self._read(query.limit(limit))

    async def open_of(self, account_id: AccountId, limit: int) -> Sequence[PaidSubscription]:
        query = select(_subscription).where(_subscription.c.account_id == account_id.uuid, _OPEN)
        return await self._read(query.limit(limit))

    async def pending_of(self, account_id: AccountId) -> int:
        counted = await self._connection.scalar(
            select(func.count())
            .select_from(_subscription)
            .where(
                _subscription.c.account_id == account_id.uuid,
                _subscription.c.state == SubscriptionState.PENDING.value,
            )
        )
        return int(counted or 0)

    async def remove_of(self, account_id: AccountId) -> None:
        await self._connection.execute(
            delete(_subscription).where(_subscription.c.account_id == account_id.uuid)
        )

    async def _read(self, query: Select[Any]) -> Sequence[PaidSubscription]:
        rows = (await self._connection.execute(query)).all()
        if not rows:
            return []
        pairs = tuple_(_payment.c.account_id, _payment.c.channel_id)
        waiting = await self._connection.execute(
            select(_payment).where(
                pairs.in_([(row.account_id, row.channel_id) for row in rows]),
                _payment.c.state == PaymentState.PENDING.value,
            )
        )
        pending = {(row.account_id, row.channel_id): to_payment(row) for row in waiting}
        return [to_subscription(row, pending.get((row.account_id, row.channel_id))) for row in rows]


def to_subscription(row: Any, pending: Payment | None) -> PaidSubscription:
    return PaidSubscription(
        id=SubscriptionId(row.subscription_id),
        account_id=AccountId(row.account_id),
        channel_id=ChannelId(row.channel_id),
        state=SubscriptionState(row.state),
        tier_id=TierId(row.tier_id),
        price=Money(row.amount, row.currency),
        asked_at=row.asked_at,
        next_tier_id=None if row.next_tier_id is None else TierId(row.next_tier_id),
        run=None if row.run_started_at is None else Run(row.run_started_at, row.run_months),
        months_before=row.months_before,
        streak_before=row.streak_before,
        pending=pending,
        former=(
            None if row.former_tier_id is None else FormerTier(TierId(row.former_tier_id), row.former_until)
        ),
        renewal_postponed_to=row.renewal_postponed_to,
    )
