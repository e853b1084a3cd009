"""Tiers, paid subscriptions and payments in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.application.ports import Place
from livehouse.social.domain.paid_subscription import PaidSubscription, SubscriptionState
from livehouse.social.domain.payment import Payment, PaymentId, PaymentState
from livehouse.social.domain.tier import SubscriptionTier, TierId
from livehouse.social.testing.tables import Tables

_Entry = TypeVar("_Entry")


class InMemoryTiers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def offered_by(
        self, channel_id: ChannelId, *, for_update: bool = False
    ) -> Sequence[SubscriptionTier]:
        offered = [
            one for one in self._tables.tiers.values() if one.channel_id == channel_id and one.is_offered
        ]
        return sorted(offered, key=lambda tier: (tier.price.amount, tier.created_at, tier.id.uuid.bytes))

    async def get(
        self, channel_id: ChannelId, tier_id: TierId, *, held: bool = False
    ) -> SubscriptionTier | None:
        tier = self._tables.tiers.get(tier_id)
        return tier if tier is not None and tier.channel_id == channel_id else None

    async def withdrawn_by(
        self, channel_id: ChannelId, *, after: Place | None, limit: int
    ) -> Sequence[SubscriptionTier]:
        withdrawn = [
            one for one in self._tables.tiers.values() if one.channel_id == channel_id and not one.is_offered
        ]
        return newest(((Place(one.created_at, one.id), one) for one in withdrawn), after, limit)

    async def by_ids(self, tier_ids: Collection[TierId]) -> Mapping[TierId, SubscriptionTier]:
        return {one: self._tables.tiers[one] for one in tier_ids if one in self._tables.tiers}

    async def save(self, tier: SubscriptionTier) -> None:
        self._tables.tiers[tier.id] = tier

    async def remove_unused(self, channel_id: ChannelId, tier_id: TierId) -> bool:
        named: set[TierId | None] = {payment.tier_id for payment in self._tables.payments.values()}
        for one in self._tables.subscriptions.values():
            if _is_open(one):
                named |= {one.tier_id, one.next_tier_id, one.former.tier_id if one.former else None}
        if await self.get(channel_id, tier_id) is None or tier_id in named:
            return False
        del self._tables.tiers[tier_id]
        return True


class InMemorySubscriptions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(
        self, account_id: AccountId, channel_id: ChannelId, *, for_update: bool = False
    ) -> PaidSubscription | None:
        found = self._tables.subscriptions.get((account_id, channel_id))
        return None if found is None else self._with_pending(found)

    async def save(self, subscription: PaidSubscription) -> None:
        key = subscription.account_id, subscription.channel_id
        self._tables.subscriptions[key] = replace(subscription, pending=None)
        self._tables.due_at[key] = subscription.due_at

    async def next_due(self, now: datetime) -> PaidSubscription | None:
        due = [(at, key[0].uuid.bytes, key) for key, at in self._tables.due_at.items() if at and at <= now]
        return None if not due else self._with_pending(self._tables.subscriptions[min(due)[2]])

    async def put_off(self, subscription: PaidSubscription, until: datetime) -> None:
        self._tables.due_at[subscription.account_id, subscription.channel_id] = until

    async def of_account(
        self, account_id: AccountId, *, after: Place | None, limit: int
    ) -> Sequence[PaidSubscription]:
        found = [one for one in self._all() if one.account_id == account_id]
        return newest(((Place(one.asked_at, one.channel_id), one) for one in found), after, limit)

    async def running_in(
        self, channel_id: ChannelId, *, after: Place | None, limit: int
    ) -> Sequence[PaidSubscription]:
        found = [one for one in self._all() if one.channel_id == channel_id and one.is_running]
        places = ((Place(one.run.started_at, one.account_id), one) for one in found if one.run is not None)
        return newest(places, after, limit)

    async def open_in(self, channel_id: ChannelId, limit: int) -> Sequence[PaidSubscription]:
        return [one for one in self._all() if one.channel_id == channel_id and _is_open(one)][:limit]

    async def open_of(self, account_id: AccountId, limit: int) -> Sequence[PaidSubscription]:
        return [one for one in self._all() if one.account_id == account_id and _is_open(one)][:limit]

    async def pending_of(self, account_id: AccountId) -> int:
        mine = (one for one in self._all() if one.account_id == account_id)
        return sum(one.state is SubscriptionState.PENDING for one in mine)

    async def remove_of(self, account_id: AccountId) -> None:
        for key in [key for key in self._tables.subscriptions if key[0] == account_id]:
            del self._tables.subscriptions[key]
            del self._tables.due_at[key]

    def _all(self) -> Iterable[PaidSubscription]:
        return map(self._with_pending, self._tables.subscriptions.values())

    def _with_pending(self, subscription: PaidSubscription) -> PaidSubscription:
        waiting = (
            payment
            for payment in self._tables.payments.values()
            if payment.state is PaymentState.PENDING
            and payment.account_id == subscription.account_id
            and payment.channel_id == subscription.channel_id
        )
        return replace(subscription, pending=next(waiting, None))


class InMemoryPayments:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, channel_id: ChannelId, payment_id: PaymentId) -> Payment | None:
        payment = self._tables.payments.get(payment_id)
        return payment if payment is not None and payment.channel_id == channel_id else None

    async def save(self, payment: Payment) -> None:
        if payment.state is PaymentState.PENDING:
            others = (one for one in self._tables.payments.values() if one.state is PaymentState.PENDING)
            same = [
                one
                for one in others
                if (one.account_id, one.channel_id) == (payment.account_id, payment.channel_id)
                and one.id != payment.id
            ]
            assert not same, "one for each supporter and channel may be pending"
        self._tables.payments[payment.id] = payment

    async def of_channel(
        self, channel_id: ChannelId, state: PaymentState | None, *, after: Place | None, limit: int
    ) -> Sequence[Payment]:
        found = [one for one in self._tables.payments.values() if one.channel_id == channel_id]
        wanted = [one for one in found if state is None or one.state is state]
        return newest(((Place(one.created_at, one.id), one) for one in wanted), after, limit)

    async def of_account(
        self, account_id: AccountId, *, after: Place | None, limit: int
    ) -> Sequence[Payment]:
        found = [one for one in self._tables.payments.values() if one.account_id == account_id]
        return newest(((Place(one.created_at, one.id), one) for one in found), after, limit)

    async def forget_account(self, account_id: AccountId) -> None:
        for payment in list(self._tables.payments.values()):
            self._tables.payments[payment.id] = replace(
                payment,
                account_id=None if payment.account_id == account_id else payment.account_id,
                settled_by=None if payment.settled_by == account_id else payment.settled_by,
            )


def newest(found: Iterable[tuple[Place, _Entry]], after: Place | None, limit: int) -> Sequence[_Entry]:
    order = sorted(found, key=lambda entry: _key(entry[0]), reverse=True)
    return [one for place, one in order if after is None or _key(place) < _key(after)][:limit]


def _is_open(subscription: PaidSubscription) -> bool:
    return subscription.is_running or subscription.state is SubscriptionState.PENDING


def _key(place: Place) -> tuple[datetime, bytes]:
    return place.at, place.id.uuid.bytes
