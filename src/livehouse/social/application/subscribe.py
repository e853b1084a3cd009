"""A supporter takes a tier of a channel, changes it, or cancels."""

from __future__ import annotations

from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Forbidden, NotFound
from livehouse.access.contract import Access, Action, Suspended
from livehouse.accounts.contract import Actor, People
from livehouse.channel.contract import ChannelRef, Channels
from livehouse.social.application.change_tiers import offered_tier
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.social.application.subscription_views import SubscriptionView, view_of
from livehouse.social.domain.paid_subscription import PaidSubscription, SubscriptionState
from livehouse.social.domain.transitions import cancel, change_tier, take_tier

MAX_PENDING = 50
"""First payments one account may have waiting, over all channels."""


class _OfSupporter:
    """What a supporter's use cases have in common."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        people: People,
        access: Access,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._access = access
        self._ledger = ledger
        self._clock = clock

    async def _permitted(self, actor: Actor, action: Action, channel_name: str) -> ChannelRef:
        self._access.check(actor, action)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, action, channel.id)
        return channel

    async def _refuse_unwanted(self, actor: Actor, channel: ChannelRef) -> None:
        """No new money goes to whoever is suspended, or comes from whoever the owner has blocked.

        Raises `Forbidden` (support-refused), `Suspended`, `NotFound` (no-such-channel).
        """
        if await self._people.has_blocked(channel.owner_id, actor.require_account()):
            raise Forbidden("support-refused", "You cannot support this channel.")
        try:
            owner = await self._people.actor(channel.owner_id)
        except NotFound:  # the owner's account was erased this moment, and the channel goes with it
            raise NotFound("no-such-channel", f"There is no channel '{channel.name}'.") from None
        if owner.suspension is not None:
            # The channel hears of it from the worker; money does not wait for that.
            raise Suspended("channel-suspended", "This channel is suspended.")

    async def _own(
        self, unit: UnitOfWork, actor: Actor, channel: ChannelRef, now: datetime
    ) -> PaidSubscription:
        subscription = await self._ledger.load(unit, actor.require_account(), channel.id, now)
        if subscription is None:
            raise NotFound("no-subscription", f"You have no subscription to '{channel.name}'.")
        return subscription


class TakeTier(_OfSupporter):
    async def __call__(self, actor: Actor, channel_name: str, tier_id: str) -> SubscriptionView:
        """Asking twice for the same tier is as once: a second tab gets the payment that waits already.

        Raises `Unauthenticated`, `NotFound` (no-such-channel, no-such-tier), `Forbidden` (also
        support-refused), `Suspended` (also by the owner's account), `Invalid`, `Conflict` (own-channel,
        payment-pending, already-subscribed, too-many-pending).
        """
        channel = await self._permitted(actor, Action.TAKE_TIER, channel_name)
        account_id = actor.require_account()
        if account_id == channel.owner_id:
            raise Conflict("own-channel", "This is your own channel; nobody supports themselves.")
        await self._refuse_unwanted(actor, channel)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            existing = await self._ledger.load(unit, account_id, channel.id, now)
            tier = await offered_tier(unit, channel.id, tier_id)
            outcome = take_tier(
                existing,
                account_id,
                tier,
                self._ledger.new_subscription_id(),
                self._ledger.new_payment_id(),
                now,
            )
            asked = outcome.subscription
            if asked.state is SubscriptionState.PENDING and asked is not existing:
                _refuse_too_many(await unit.subscriptions.pending_of(account_id))
            taken = await self._ledger.record(unit, outcome, now)
            taken = await self._ledger.catch_up(unit, taken, now)
            return await view_of(unit, channel, taken, now)


class ChangeSubscription(_OfSupporter):
    async def __call__(self, actor: Actor, channel_name: str, tier_id: str) -> SubscriptionView:
        """A dearer tier counts once the difference for the rest of the time is paid, a cheaper one from the
        renewal on. Twice is as once.

        Raises `Unauthenticated`, `NotFound` (no-subscription, no-such-tier), `Forbidden` (also
        support-refused), `Suspended` (also by the owner's account), `Invalid`, `Conflict`
        (subscription-cancelled).
        """
        channel = await self._permitted(actor, Action.CHANGE_SUBSCRIPTION, channel_name)
        await self._refuse_unwanted(actor, channel)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            subscription = await self._own(unit, actor, channel, now)
            tier = await offered_tier(unit, channel.id, tier_id)
            outcome = change_tier(subscription, tier, self._ledger.new_payment_id(), now)
            return await view_of(unit, channel, await self._ledger.record(unit, outcome, now), now)


class CancelSubscription(_OfSupporter):
    async def __call__(self, actor: Actor, channel_name: str) -> SubscriptionView:
        """What is paid for stays to its end. Twice is as once.

        Raises `Unauthenticated`, `NotFound` (no-subscription), `Forbidden`.
        """
        channel = await self._permitted(actor, Action.CANCEL_SUBSCRIPTION, channel_name)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            subscription = await self._own(unit, actor, channel, now)
            cancelled = await self._ledger.record(unit, cancel(subscription, now), now)
            return await view_of(unit, channel, cancelled, now)


def _refuse_too_many(pending: int) -> None:
    if pending >= MAX_PENDING:
        raise Conflict(
            "too-many-pending", f"{MAX_PENDING} of your payments wait to be settled. Cancel some, or wait."
        )
