"""Tiers in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.channel.contract import ChannelId
from livehouse.social.adapters.postgres_tables import paid_subscription as _subscription
from livehouse.social.adapters.postgres_tables import payment as _payment
from livehouse.social.adapters.postgres_tables import tier as _tier
from livehouse.social.application.ports import Place
from livehouse.social.domain.money import Money
from livehouse.social.domain.tier import Benefit, BenefitKind, SubscriptionTier, TierId

_OPEN_STATES = ("pending", "active", "cancelled")
# There may be no row to hold yet.
_LOCK_CHANNEL = text("SELECT pg_advisory_xact_lock(hashtextextended('social.tiers ' || :channel, 0))")


class PostgresTiers:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def offered_by(
        self, channel_id: ChannelId, *, for_update: bool = False
    ) -> Sequence[SubscriptionTier]:
        if for_update:
            await self._connection.execute(_LOCK_CHANNEL, {"channel": channel_id.uuid.hex})
        query = (
            select(_tier)
            .where(_tier.c.channel_id == channel_id.uuid, _tier.c.withdrawn_at.is_(None))
            .order_by(_tier.c.amount, _tier.c.created_at, _tier.c.tier_id)
        )
        return [to_tier(row) for row in await self._connection.execute(query)]

    async def get(
        self, channel_id: ChannelId, tier_id: TierId, *, held: bool = False
    ) -> SubscriptionTier | None:
        query = select(_tier).where(_is(channel_id, tier_id))
        if held:
            query = query.with_for_update(read=True, key_share=True)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else to_tier(row)

    async def withdrawn_by(
        self, channel_id: ChannelId, *, after: Place | None, limit: int
    ) -> Sequence[SubscriptionTier]:
        query = select(_tier).where(_tier.c.channel_id == channel_id.uuid, _tier.c.withdrawn_at.is_not(None))
        if after is not None:
            query = query.where(tuple_(_tier.c.created_at, _tier.c.tier_id) < (after.at, after.id.uuid))
        query = query.order_by(_tier.c.created_at.desc(), _tier.c.tier_id.desc()).limit(limit)
        return [to_tier(row) for row in await self._connection.execute(query)]

    async def by_ids(self, tier_ids: Collection[TierId]) -> Mapping[TierId, SubscriptionTier]:
        if not tier_ids:
            return {}
        found = await self._connection.execute(
            select(_tier).where(_tier.c.tier_id.in_([tier_id.uuid for tier_id in tier_ids]))
        )
        return {tier.id: tier for tier in map(to_tier, found)}

    async def save(self, tier: SubscriptionTier) -> None:
        values = {
            "name": tier.name,
            "amount": tier.price.amount,
            "currency": tier.price.currency,
            "benefits": [_benefit_to_json(benefit) for benefit in tier.benefits],
            "created_at": tier.created_at,
            "withdrawn_at": tier.withdrawn_at,
        }
        await self._connection.execute(
            insert(_tier)
            .values(channel_id=tier.channel_id.uuid, tier_id=tier.id.uuid, **values)
            .on_conflict_do_update(index_elements=["channel_id", "tier_id"], set_=values)
        )

    async def remove_unused(self, channel_id: ChannelId, tier_id: TierId) -> bool:
        await self._connection.execute(
            select(_tier.c.tier_id).where(_is(channel_id, tier_id)).with_for_update()
        )
        # A statement of its own, which sees what those who held the tier until now have written.
        paid_for = select(_payment.c.payment_id).where(
            _payment.c.channel_id == channel_id.uuid, _payment.c.tier_id == tier_id.uuid
        )
        named = select(_subscription.c.account_id).where(
            _subscription.c.channel_id == channel_id.uuid,
            _subscription.c.state.in_(_OPEN_STATES),
            or_(
                _subscription.c.tier_id == tier_id.uuid,
                _subscription.c.next_tier_id == tier_id.uuid,
                _subscription.c.former_tier_id == tier_id.uuid,
            ),
        )
        removed = await self._connection.execute(
            delete(_tier).where(_is(channel_id, tier_id), ~paid_for.exists(), ~named.exists())
        )
        return removed.rowcount == 1


def _is(channel_id: ChannelId, tier_id: TierId) -> ColumnElement[bool]:
    return and_(_tier.c.channel_id == channel_id.uuid, _tier.c.tier_id == tier_id.uuid)


def _benefit_to_json(benefit: Benefit) -> dict[str, object]:
    return {
        "kind": benefit.kind.value,
        "months": list(benefit.months),
        "slots": benefit.slots,
        "text": benefit.text,
    }


def to_benefits(stored: Sequence[Mapping[str, Any]]) -> tuple[Benefit, ...]:
    return tuple(
        Benefit(BenefitKind(one["kind"]), tuple(one["months"]), one["slots"], one["text"]) for one in stored
    )


def to_tier(row: Any) -> SubscriptionTier:
    return SubscriptionTier(
        TierId(row.tier_id),
        ChannelId(row.channel_id),
        row.name,
        Money(row.amount, row.currency),
        to_benefits(row.benefits),
        row.created_at,
        row.withdrawn_at,
    )
