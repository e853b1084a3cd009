"""What binds one account to one channel, in one statement: access asks it with many a request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres_reads import PreparedRead
from cpc.kernel.ids import EntityId
from livehouse.social.adapters.postgres_follows import to_follow
from livehouse.social.adapters.postgres_payments import to_payment
from livehouse.social.adapters.postgres_subscriptions import to_subscription
from livehouse.social.adapters.postgres_tables import follow as _follow
from livehouse.social.adapters.postgres_tables import paid_subscription as _subscription
from livehouse.social.adapters.postgres_tables import payment as _payment
from livehouse.social.adapters.postgres_tables import tier as _tier
from livehouse.social.adapters.postgres_tiers import to_benefits, to_tier
from livehouse.social.application.ports import Bond
from livehouse.social.contract import Support
from livehouse.social.domain.paid_subscription import Run
from livehouse.social.domain.payment import PaymentState
from livehouse.social.domain.tier import badge_months, entitlements_of

_next_tier, _former_tier = _tier.alias("next_tier"), _tier.alias("former_tier")
_PARTS = {
    "follow": _follow,
    "subscription": _subscription,
    "pending": _payment,
    "tier": _tier,
    "next_tier": _next_tier,
}
_one = select(text("1")).subquery()  # a row also where there is nothing
_mine = [
    (table.c.account_id == bindparam("account_id")) & (table.c.channel_id == bindparam("channel_id"))
    for table in (_follow, _subscription, _payment)
]
_is_its_tier = (_tier.c.channel_id == _subscription.c.channel_id) & (
    _tier.c.tier_id == _subscription.c.tier_id
)
_BOND = PreparedRead(
    select(
        *(column.label(f"{part}_{column.name}") for part, table in _PARTS.items() for column in table.c)
    ).select_from(
        _one.outerjoin(_follow, _mine[0])
        .outerjoin(_subscription, _mine[1])
        .outerjoin(_payment, _mine[2] & (_payment.c.state == PaymentState.PENDING.value))
        .outerjoin(_tier, _is_its_tier)
        .outerjoin(
            _next_tier,
            (_next_tier.c.channel_id == _subscription.c.channel_id)
            & (_next_tier.c.tier_id == _subscription.c.next_tier_id),
        )
    )
)
_SUPPORT = PreparedRead(
    select(
        _follow.c.followed_at,
        _subscription.c.run_started_at,
        _subscription.c.run_months,
        _subscription.c.months_before,
        _tier.c.benefits,
        _former_tier.c.benefits.label("former_benefits"),
    ).select_from(
        _one.outerjoin(_follow, _mine[0])
        .outerjoin(_subscription, _mine[1] & (_subscription.c.entitled_until > bindparam("now")))
        .outerjoin(_tier, _is_its_tier)
        .outerjoin(
            _former_tier,
            (_former_tier.c.channel_id == _subscription.c.channel_id)
            & (_former_tier.c.tier_id == _subscription.c.former_tier_id)
            & (_subscription.c.former_until > bindparam("now")),
        )
    )
)


class PostgresSupports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def bond(self, channel_id: EntityId, account_id: EntityId) -> Bond:
        row = await _BOND.row(self._connection, channel_id=channel_id.uuid, account_id=account_id.uuid)
        follow = None if row.follow_account_id is None else _Part(row, "follow")
        subscription = None if row.subscription_account_id is None else _Part(row, "subscription")
        pending = None if row.pending_payment_id is None else _Part(row, "pending")
        tier = None if row.tier_tier_id is None else _Part(row, "tier")
        next_tier = None if row.next_tier_tier_id is None else _Part(row, "next_tier")
        return Bond(
            None if follow is None else to_follow(follow),
            None
            if subscription is None
            else to_subscription(subscription, None if pending is None else to_payment(pending)),
            None if tier is None else to_tier(tier),
            None if next_tier is None else to_tier(next_tier),
        )

    async def of(self, channel_id: EntityId, account_id: EntityId, now: datetime) -> Support:
        row = await _SUPPORT.row(
            self._connection, channel_id=channel_id.uuid, account_id=account_id.uuid, now=now
        )
        if row.run_started_at is None:
            return Support(row.followed_at)
        months = row.months_before + Run(row.run_started_at, row.run_months).begun(now)
        benefits = to_benefits([*(row.benefits or ()), *(row.former_benefits or ())])
        return Support(row.followed_at, months, entitlements_of(benefits), badge_months(benefits, months))


class _Part:
    """A row of one table within that of the bond."""

    __slots__ = ("_part", "_row")

    def __init__(self, row: Any, part: str) -> None:
        self._row = row
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"{self._part}_{name}")
