"""What binds one to a channel: what the page's buttons show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action, ChannelStandings, Role
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelRef, Channels
from livehouse.social.application.ports import Bond, UnitOfWorkFactory
from livehouse.social.application.subscription_views import SubscriptionView, view_with
from livehouse.social.domain.follow import Follow


@dataclass(frozen=True, slots=True)
class Relationship:
    """roles: towards the channel, with administrator. subscription: also one that ended."""

    roles: frozenset[Role]
    follow: Follow | None
    subscription: SubscriptionView | None


class ReadRelationship:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        standings: ChannelStandings,
        access: Access,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._standings = standings
        self._access = access
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str) -> Relationship:
        """Raises `Unauthenticated`, `NotFound`, `Forbidden`."""
        self._access.check(actor, Action.READ_RELATIONSHIP)
        channel = await self._channels.by_name(channel_name)
        account_id, now = actor.require_account(), self._clock.now()
        # Access would ask for the same follow and subscription again.
        standing = await self._standings.of(channel.id, account_id)
        async with self._unit_of_work() as unit:
            bond = await unit.supports.bond(channel.id, account_id)
        roles = standing.roles | _roles(bond, now)
        permitted = self._access.permit(actor, Action.READ_RELATIONSHIP, replace(standing, roles=roles))
        return Relationship(permitted.roles - {Role.VIEWER}, bond.follow, _view(channel, bond, now))


def _roles(bond: Bond, now: datetime) -> frozenset[Role]:
    roles = set()
    if bond.follow is not None:
        roles.add(Role.FOLLOWER)
    if bond.subscription is not None and bond.subscription.is_entitled(now):
        roles.add(Role.PAID_SUBSCRIBER)
    return frozenset(roles)


def _view(channel: ChannelRef, bond: Bond, now: datetime) -> SubscriptionView | None:
    if bond.subscription is None or bond.tier is None:
        return None
    return view_with(channel, bond.subscription, bond.tier, bond.next_tier, now)
