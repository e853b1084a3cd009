"""What binds one to a channel: what the page's buttons show."""

from __future__ import annotations

from dataclasses import dataclass

from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action, Role
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import Channels
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.application.subscription_views import SubscriptionView, view_of
from livehouse.social.domain.follow import Follow


@dataclass(frozen=True, slots=True)
class Relationship:
    """roles: towards the channel, with administrator. subscription: also one that ended."""

    roles: frozenset[Role]
    follow: Follow | None
    subscription: SubscriptionView | None


class ReadRelationship:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, channels: Channels, access: Access, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._access = access
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str) -> Relationship:
        """Raises `Unauthenticated`, `NotFound`, `Forbidden`."""
        self._access.check(actor, Action.READ_RELATIONSHIP)
        channel = await self._channels.by_name(channel_name)
        standing = await self._access.require(actor, Action.READ_RELATIONSHIP, channel.id)
        account_id = actor.require_account()
        view = None
        async with self._unit_of_work() as unit:
            follow = await unit.follows.get(account_id, channel.id)
            subscription = await unit.subscriptions.get(account_id, channel.id)
            if subscription is not None:
                view = await view_of(unit, channel, subscription, self._clock.now())
        return Relationship(standing.roles - {Role.VIEWER}, follow, view)
