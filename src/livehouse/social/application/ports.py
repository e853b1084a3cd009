"""What the social slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cpc.eventbus.envelope import Transaction
from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.contract import Support
from livehouse.social.domain.follow import Follow, FollowTally
from livehouse.social.domain.paid_subscription import PaidSubscription
from livehouse.social.domain.payment import Payment, PaymentId, PaymentState
from livehouse.social.domain.tier import SubscriptionTier, TierId


@dataclass(frozen=True, slots=True)
class Place:
    """The last entry one has seen of a list by time, newest first; the next page begins after it.

    id: of the entry's other side, where two came at the same time.
    """

    at: datetime
    id: EntityId


class Follows(Protocol):
    """A channel's number of followers is counted in the transaction of each change.

    Whoever changes follows of an account holds its tally first, so that nothing comes in between.
    """

    async def tally(self, account_id: AccountId, now: datetime) -> FollowTally:
        """No other unit of work may change the account's follows until this one ends. now: where a new
        tally's window begins.
        """
        ...

    async def get(self, account_id: AccountId, channel_id: ChannelId) -> Follow | None: ...

    async def add(self, follow: Follow, tally: FollowTally) -> None: ...

    async def save(self, follow: Follow) -> None:
        """Its preferences."""
        ...

    async def remove(self, follow: Follow, tally: FollowTally) -> None: ...

    async def of_account(self, account_id: AccountId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        """Newest first."""
        ...

    async def of_channel(self, channel_id: ChannelId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        """Newest first."""
        ...

    async def followers(self, channel_id: EntityId) -> int: ...

    async def remove_of_channel(self, channel_id: ChannelId, limit: int) -> int:
        """Up to `limit` follows of a channel that is gone, with their tallies; how many there were."""
        ...


class Tiers(Protocol):
    async def offered_by(
        self, channel_id: ChannelId, *, for_update: bool = False
    ) -> Sequence[SubscriptionTier]:
        """The cheapest first. for_update: no other unit of work may change the channel's tiers until this
        one ends.
        """
        ...

    async def get(
        self, channel_id: ChannelId, tier_id: TierId, *, held: bool = False
    ) -> SubscriptionTier | None:
        """Offered or withdrawn. held: nobody removes it until this unit of work ends."""
        ...

    async def withdrawn_by(
        self, channel_id: ChannelId, *, after: Place | None, limit: int
    ) -> Sequence[SubscriptionTier]:
        """Those made last first."""
        ...

    async def by_ids(self, tier_ids: Collection[TierId]) -> Mapping[TierId, SubscriptionTier]:
        """Offered and withdrawn ones."""
        ...

    async def save(self, tier: SubscriptionTier) -> None:
        """A new one, or a change."""
        ...

    async def remove_unused(self, channel_id: ChannelId, tier_id: TierId) -> bool:
        """Whether it is gone: no payment and no open subscription has ever named it."""
        ...


class Subscriptions(Protocol):
    """Each with its pending payment."""

    async def get(
        self, account_id: AccountId, channel_id: ChannelId, *, for_update: bool = False
    ) -> PaidSubscription | None:
        """for_update: no other unit of work may change or make it until this one ends."""
        ...

    async def save(self, subscription: PaidSubscription) -> None:
        """A new one, or a change. Payments are saved by themselves, settled ones first."""
        ...

    async def next_due(self, now: datetime) -> PaidSubscription | None:
        """The longest due of those no other unit of work holds; held by this one until it ends."""
        ...

    async def put_off(self, subscription: PaidSubscription, until: datetime) -> None:
        """It is not due before that, whatever it says itself, unless it is saved anew."""
        ...

    async def of_account(
        self, account_id: AccountId, *, after: Place | None, limit: int
    ) -> Sequence[PaidSubscription]:
        """Also what ended; asked for last first."""
        ...

    async def running_in(
        self, channel_id: ChannelId, *, after: Place | None, limit: int
    ) -> Sequence[PaidSubscription]:
        """Active and cancelled ones; begun last first."""
        ...

    async def open_in(self, channel_id: ChannelId, limit: int) -> Sequence[PaidSubscription]:
        """Pending, active and cancelled ones, in any order."""
        ...

    async def open_of(self, account_id: AccountId, limit: int) -> Sequence[PaidSubscription]:
        """The same of an account."""
        ...

    async def pending_of(self, account_id: AccountId) -> int:
        """How many wait for their first payment."""
        ...

    async def remove_of(self, account_id: AccountId) -> None:
        """With nothing pending any more."""
        ...


class Payments(Protocol):
    async def get(self, channel_id: ChannelId, payment_id: PaymentId) -> Payment | None: ...

    async def save(self, payment: Payment) -> None:
        """A new one, or its settlement. One for each supporter and channel may be pending."""
        ...

    async def of_channel(
        self, channel_id: ChannelId, state: PaymentState | None, *, after: Place | None, limit: int
    ) -> Sequence[Payment]:
        """Newest first."""
        ...

    async def of_account(
        self, account_id: AccountId, *, after: Place | None, limit: int
    ) -> Sequence[Payment]:
        """Newest first."""
        ...

    async def forget_account(self, account_id: AccountId) -> None:
        """The payments stay, without saying whose they were and who settled them."""
        ...


class PaymentProvider(Protocol):
    """Where money is asked for. name: kept with each payment. settled_by_hand: whether people confirm and
    refuse; otherwise the provider does.
    """

    @property
    def name(self) -> str: ...

    @property
    def settled_by_hand(self) -> bool: ...

    async def request(self, payment: Payment) -> str:
        """What the supporter names in paying. Called before the payment is stored; asked twice with the same
        id, it asks for money once. Raises `Unavailable`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bond:
    """All that is kept of one account towards one channel.

    subscription: also one that ended. tier, next_tier: those of it.
    """

    follow: Follow | None = None
    subscription: PaidSubscription | None = None
    tier: SubscriptionTier | None = None
    next_tier: SubscriptionTier | None = None


class Supports(Protocol):
    async def bond(self, channel_id: EntityId, account_id: EntityId) -> Bond:
        """One statement whatever there is."""
        ...

    async def of(self, channel_id: EntityId, account_id: EntityId, now: datetime) -> Support:
        """One statement whatever there is."""
        ...


class UnitOfWork(Transaction, Protocol):
    @property
    def follows(self) -> Follows: ...

    @property
    def tiers(self) -> Tiers: ...

    @property
    def subscriptions(self) -> Subscriptions: ...

    @property
    def payments(self) -> Payments: ...

    @property
    def supports(self) -> Supports: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]
