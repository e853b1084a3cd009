"""What the fakes keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cpc.eventbus.testing import InMemoryTables
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.domain.follow import Follow, FollowTally
from livehouse.social.domain.paid_subscription import PaidSubscription
from livehouse.social.domain.payment import Payment, PaymentId
from livehouse.social.domain.tier import SubscriptionTier, TierId


@dataclass(slots=True)
class Tables(InMemoryTables):
    follows: dict[tuple[AccountId, ChannelId], Follow] = field(default_factory=dict)
    tallies: dict[AccountId, FollowTally] = field(default_factory=dict)
    tiers: dict[TierId, SubscriptionTier] = field(default_factory=dict)
    subscriptions: dict[tuple[AccountId, ChannelId], PaidSubscription] = field(default_factory=dict)
    due_at: dict[tuple[AccountId, ChannelId], datetime | None] = field(default_factory=dict)
    payments: dict[PaymentId, Payment] = field(default_factory=dict)
