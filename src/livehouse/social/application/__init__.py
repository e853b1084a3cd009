"""What one can do with follows and paid subscriptions."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.social.application.change_tiers import ChangeTier, CreateTier, ListTiers, WithdrawTier
from livehouse.social.application.follow_channel import FollowChannel, UnfollowChannel
from livehouse.social.application.grant_subscription import GrantSubscription
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.list_subscriptions import ListPayments, ListSubscriptions, ListSupporters
from livehouse.social.application.relationship import ReadRelationship
from livehouse.social.application.remove_supporter import RemoveSupporter
from livehouse.social.application.settle_payment import ConfirmPayment, RefusePayment
from livehouse.social.application.subscribe import CancelSubscription, ChangeSubscription, TakeTier
from livehouse.social.domain.follow import Follow
from livehouse.social.domain.money import Money
from livehouse.social.domain.payment import Payment, PaymentState
from livehouse.social.domain.tier import Benefit, BenefitKind, SubscriptionTier

__all__ = [
    "Benefit",
    "BenefitKind",
    "Follow",
    "Money",
    "Payment",
    "PaymentState",
    "SocialUseCases",
    "SubscriptionTier",
]


@dataclass(frozen=True, slots=True)
class SocialUseCases:
    follow_channel: FollowChannel
    unfollow_channel: UnfollowChannel
    list_following: ListFollowing
    list_followers: ListFollowers
    count_followers: CountFollowers
    read_relationship: ReadRelationship
    list_tiers: ListTiers
    create_tier: CreateTier
    change_tier: ChangeTier
    withdraw_tier: WithdrawTier
    take_tier: TakeTier
    change_subscription: ChangeSubscription
    cancel_subscription: CancelSubscription
    list_subscriptions: ListSubscriptions
    list_supporters: ListSupporters
    grant_subscription: GrantSubscription
    remove_supporter: RemoveSupporter
    list_payments: ListPayments
    confirm_payment: ConfirmPayment
    refuse_payment: RefusePayment
