"""What a channel offers its supporters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, NotFound
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelId, Channels
from livehouse.social.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.social.domain.money import Money
from livehouse.social.domain.tier import (
    MAX_TIERS,
    Benefit,
    SubscriptionTier,
    TierId,
    checked_benefits,
    tier_name,
    tier_price,
)


class CreateTier:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access, clock: Clock, ids: Ids
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(
        self, actor: Actor, channel_name: str, *, name: str, price: Money, benefits: Sequence[Benefit]
    ) -> SubscriptionTier:
        """Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid`, `Conflict` (too-many-tiers,
        tier-name-taken, other-currency).
        """
        self._access.check(actor, Action.CREATE_TIER)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.CREATE_TIER, channel.id)
        tier = SubscriptionTier(
            TierId(self._ids.uuid()),
            channel.id,
            tier_name(name),
            tier_price(price),
            checked_benefits(benefits),
            self._clock.now(),
        )
        async with self._unit_of_work() as unit:
            others = await unit.tiers.offered_by(channel.id, for_update=True)
            if len(others) >= MAX_TIERS:
                raise Conflict("too-many-tiers", f"A channel has at most {MAX_TIERS} tiers.")
            check_beside(tier, others)
            await unit.tiers.save(tier)
        return tier


class ChangeTier:
    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access

    async def __call__(
        self,
        actor: Actor,
        channel_name: str,
        tier_id: str,
        *,
        name: str | None = None,
        price: Money | None = None,
        benefits: Sequence[Benefit] | None = None,
    ) -> SubscriptionTier:
        """None leaves a field as it is. Raises as `CreateTier`, and `NotFound` (no-such-tier)."""
        self._access.check(actor, Action.CHANGE_TIER)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.CHANGE_TIER, channel.id)
        async with self._unit_of_work() as unit:
            others = await unit.tiers.offered_by(channel.id, for_update=True)
            tier = await offered_tier(unit, channel.id, tier_id)
            changed = tier.changed(name=name, price=price, benefits=benefits)
            check_beside(changed, others)
            await unit.tiers.save(changed)
        return changed


class WithdrawTier:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str, tier_id: str) -> None:
        """Whoever has it keeps it to the end of what is paid for; it is not renewed. What nobody ever took
        leaves nothing behind.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`.
        """
        self._access.check(actor, Action.WITHDRAW_TIER)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.WITHDRAW_TIER, channel.id)
        async with self._unit_of_work() as unit:
            await unit.tiers.offered_by(channel.id, for_update=True)
            tier = await offered_tier(unit, channel.id, tier_id)
            if not await unit.tiers.remove_unused(channel.id, tier.id):
                await unit.tiers.save(replace(tier, withdrawn_at=self._clock.now()))


class ListTiers:
    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access

    async def __call__(self, actor: Actor, channel_name: str) -> Sequence[SubscriptionTier]:
        """Those offered, the cheapest first. Raises `NotFound`, `Forbidden`."""
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.LIST_TIERS, channel.id)
        async with self._unit_of_work() as unit:
            return await unit.tiers.offered_by(channel.id)


def check_beside(tier: SubscriptionTier, others: Sequence[SubscriptionTier]) -> None:
    """One currency for all, so that tiers can be told dearer and cheaper.

    Raises `Conflict` (tier-name-taken, other-currency).
    """
    for other in others:
        if other.id == tier.id:
            continue
        if other.name.casefold() == tier.name.casefold():
            raise Conflict("tier-name-taken", f"There is a tier '{other.name}' already.")
        if other.price.currency != tier.price.currency:
            raise Conflict(
                "other-currency",
                f"All tiers of a channel have one currency; this one's is {other.price.currency}.",
            )


async def offered_tier(unit: UnitOfWork, channel_id: ChannelId, tier_id: str) -> SubscriptionTier:
    """It stays until the unit of work ends. Raises `Invalid` (malformed-id), `NotFound` (no-such-tier)."""
    tier = await unit.tiers.get(channel_id, TierId.parse(tier_id), held=True)
    if tier is None or not tier.is_offered:
        raise NotFound("no-such-tier", "The channel offers no such tier.")
    return tier
