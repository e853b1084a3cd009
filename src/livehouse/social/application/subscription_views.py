"""What is shown of paid subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from livehouse.accounts.contract import PersonCard
from livehouse.channel.contract import ChannelRef
from livehouse.social.application.ports import UnitOfWork
from livehouse.social.domain.paid_subscription import PaidSubscription
from livehouse.social.domain.payment import Payment
from livehouse.social.domain.tier import SubscriptionTier


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """months, streak: as of now. next_tier: from the renewal on, None for the same."""

    channel: ChannelRef
    subscription: PaidSubscription
    tier: SubscriptionTier
    next_tier: SubscriptionTier | None
    months: int
    streak: int


@dataclass(frozen=True, slots=True)
class SupporterView:
    person: PersonCard
    subscription: PaidSubscription
    tier: SubscriptionTier
    months: int
    streak: int


@dataclass(frozen=True, slots=True)
class PaymentView:
    """person: None where the account was erased."""

    payment: Payment
    tier: SubscriptionTier
    person: PersonCard | None


async def view_of(
    unit: UnitOfWork, channel: ChannelRef, subscription: PaidSubscription, now: datetime
) -> SubscriptionView:
    wanted = {subscription.tier_id, subscription.next_tier_id or subscription.tier_id}
    tiers = await unit.tiers.by_ids(wanted)
    next_tier = None if subscription.next_tier_id is None else tiers[subscription.next_tier_id]
    return view_with(channel, subscription, tiers[subscription.tier_id], next_tier, now)


def view_with(
    channel: ChannelRef,
    subscription: PaidSubscription,
    tier: SubscriptionTier,
    next_tier: SubscriptionTier | None,
    now: datetime,
) -> SubscriptionView:
    return SubscriptionView(
        channel, subscription, tier, next_tier, subscription.months(now), subscription.streak(now)
    )
