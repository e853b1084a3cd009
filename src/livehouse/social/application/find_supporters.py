"""What binds people to channels, for other slices."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Role
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.contract import Support


class FindSupporters:
    """The `Supporters` of access and the `SupportOfChannels` of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def of(self, channel_id: EntityId, account_id: EntityId) -> frozenset[Role]:
        support = await self.support(channel_id, account_id)
        roles = set()
        if support.followed_at is not None:
            roles.add(Role.FOLLOWER)
        if support.paid_months is not None:
            roles.add(Role.PAID_SUBSCRIBER)
        return frozenset(roles)

    async def support(self, channel_id: EntityId, account_id: EntityId) -> Support:
        async with self._unit_of_work() as unit:
            return await unit.supports.of(channel_id, account_id, self._clock.now())

    async def followers(self, channel_id: EntityId) -> int:
        async with self._unit_of_work() as unit:
            return await unit.follows.followers(channel_id)
