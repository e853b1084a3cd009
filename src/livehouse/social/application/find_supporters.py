"""What binds people to channels, for other slices."""

from __future__ import annotations

from collections.abc import Sequence

from cpc.kernel.clock import Clock
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Entitlement, Role, Supporting
from livehouse.channel.contract import ChannelId
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.contract import Support
from livehouse.social.domain.tier import entitlements_of


class FindSupporters:
    """The `Supporters` of access and the `SupportOfChannels` of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def of(self, channel_id: EntityId, account_id: EntityId) -> Supporting:
        support = await self.support(channel_id, account_id)
        roles = set()
        if support.followed_at is not None:
            roles.add(Role.FOLLOWER)
        if support.paid_months is not None:
            roles.add(Role.PAID_SUBSCRIBER)
        return Supporting(frozenset(roles), support.entitlements, support.badge_months)

    async def tiers_with(self, channel_id: EntityId, entitlement: Entitlement) -> Sequence[str]:
        async with self._unit_of_work() as unit:
            offered = await unit.tiers.offered_by(ChannelId(channel_id.uuid))
        return [tier.name for tier in offered if entitlement in entitlements_of(tier.benefits)]

    async def support(self, channel_id: EntityId, account_id: EntityId) -> Support:
        async with self._unit_of_work() as unit:
            return await unit.supports.of(channel_id, account_id, self._clock.now())

    async def followers(self, channel_id: EntityId) -> int:
        async with self._unit_of_work() as unit:
            return await unit.follows.followers(channel_id)
