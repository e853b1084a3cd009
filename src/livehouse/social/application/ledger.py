"""Reads and writes paid subscriptions: with time caught up, their payments, and what others hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cpc.kernel.ids import Ids
from cpc.social_integration.events import SubscriptionCreated, SubscriptionEnded
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.application.find_hindrance import FindHindrance
from livehouse.social.application.ports import PaymentProvider, UnitOfWork
from livehouse.social.domain.paid_subscription import PaidSubscription, SubscriptionId
from livehouse.social.domain.payment import PaymentId
from livehouse.social.domain.transitions import Outcome, confirm, pass_time


class Ledger:
    """Works in the unit of work it is given."""

    def __init__(self, provider: PaymentProvider, find_hindrance: FindHindrance, ids: Ids) -> None:
        self._provider = provider
        self._find_hindrance = find_hindrance
        self._ids = ids

    def new_subscription_id(self) -> SubscriptionId:
        return SubscriptionId(self._ids.uuid())

    def new_payment_id(self) -> PaymentId:
        return PaymentId(self._ids.uuid())

    async def load(
        self, unit: UnitOfWork, account_id: AccountId, channel_id: ChannelId, now: datetime
    ) -> PaidSubscription | None:
        """Held by the unit of work, and as far as time has brought it."""
        subscription = await unit.subscriptions.get(account_id, channel_id, for_update=True)
        return None if subscription is None else await self.catch_up(unit, subscription, now)

    async def catch_up(
        self, unit: UnitOfWork, subscription: PaidSubscription, now: datetime
    ) -> PaidSubscription:
        while subscription.due_at is not None and subscription.due_at <= now:
            wanted = subscription.next_tier_id or subscription.tier_id
            tier = await unit.tiers.get(subscription.channel_id, wanted)
            renewal_tier = tier if tier is not None and tier.is_offered else None
            hindrance = await self._find_hindrance(subscription.account_id, subscription.channel_id)
            outcome = pass_time(subscription, renewal_tier, self.new_payment_id(), now, hindrance)
            subscription = await self.record(unit, outcome, now)
        return subscription

    async def record(self, unit: UnitOfWork, outcome: Outcome, now: datetime) -> PaidSubscription:
        """Settled payments first, as only one may be pending. Where nothing is to be paid, nobody is asked,
        and it counts at once.
        """
        subscription = outcome.subscription
        asked = subscription.pending
        if asked is not None and not asked.provider and asked.amount.amount == 0:
            paid = confirm(subscription, now, None)
            outcome = replace(
                paid,
                settled=(*outcome.settled, *paid.settled),
                has_begun=outcome.has_begun or paid.has_begun,
            )
            subscription = paid.subscription
        for payment in outcome.settled:
            await unit.payments.save(payment)
        await unit.subscriptions.save(subscription)
        pending = subscription.pending
        if pending is not None and not pending.provider:
            reference = await self._provider.request(pending)
            pending = replace(pending, provider=self._provider.name, reference=reference)
            await unit.payments.save(pending)
            subscription = replace(subscription, pending=pending)
        if outcome.has_begun:
            await self._tell_of_begin(unit, subscription, now)
        if outcome.ended is not None:
            ended = SubscriptionEnded(
                channel_id=str(subscription.channel_id),
                subscription_id=str(subscription.id),
                subscriber_id=str(subscription.account_id),
                reason=outcome.ended.value,
                ended_at=now,
            )
            unit.outbox.publish(ended.to_cloud_event(event_id=self._ids.uuid(), time=now))
        return subscription

    async def _tell_of_begin(self, unit: UnitOfWork, subscription: PaidSubscription, now: datetime) -> None:
        tier = await unit.tiers.get(subscription.channel_id, subscription.tier_id)
        created = SubscriptionCreated(
            channel_id=str(subscription.channel_id),
            subscription_id=str(subscription.id),
            subscriber_id=str(subscription.account_id),
            tier_id=str(subscription.tier_id),
            tier_name="" if tier is None else tier.name,
            months=subscription.months(now),
            streak=subscription.streak(now),
            started_at=now,
        )
        unit.outbox.publish(created.to_cloud_event(event_id=self._ids.uuid(), time=now))
