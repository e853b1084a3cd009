"""Whom one supports, who supports a channel, and the payments between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor, PersonCard, PersonCards
from livehouse.channel.contract import Channels
from livehouse.social.application.pages import cursor_at, place_at
from livehouse.social.application.ports import Place, UnitOfWorkFactory
from livehouse.social.application.subscription_views import PaymentView, SubscriptionView, SupporterView
from livehouse.social.domain.payment import PaymentState


@dataclass(frozen=True, slots=True)
class SubscriptionsPage:
    """Each with the channel's owner. next_cursor: give it back for the next page; None at
    the end.
    """

    subscriptions: Sequence[tuple[SubscriptionView, PersonCard | None]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class SupportersPage:
    supporters: Sequence[SupporterView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    payments: Sequence[PaymentView]
    next_cursor: str | None


class ListSubscriptions:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        people: PersonCards,
        access: Access,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._access = access
        self._clock = clock

    async def __call__(
        self, actor: Actor, *, cursor: str | None = None, limit: int = 50
    ) -> SubscriptionsPage:
        """One's own, also what ended; asked for last first.

        Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor).
        """
        await self._access.require(actor, Action.LIST_SUBSCRIPTIONS)
        after, limit = place_at("subscriptions", cursor), page_size(limit)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            found = await unit.subscriptions.of_account(actor.require_account(), after=after, limit=limit + 1)
            shown, next_cursor = cut_page(
                found, limit, lambda last: cursor_at("subscriptions", Place(last.asked_at, last.channel_id))
            )
            wanted = {one.tier_id for one in shown} | {one.next_tier_id or one.tier_id for one in shown}
            tiers = await unit.tiers.by_ids(wanted)
        channels = await self._channels.by_ids([one.channel_id for one in shown])
        views = [
            SubscriptionView(
                channels[one.channel_id],
                one,
                tiers[one.tier_id],
                None if one.next_tier_id is None else tiers[one.next_tier_id],
                one.months(now),
                one.streak(now),
            )
            for one in shown
            if one.channel_id in channels
        ]
        people = await self._people.of({view.channel.owner_id for view in views})
        return SubscriptionsPage([(view, people.get(view.channel.owner_id)) for view in views], next_cursor)


class ListSupporters:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        people: PersonCards,
        access: Access,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._access = access
        self._clock = clock

    async def __call__(
        self, actor: Actor, channel_name: str, *, cursor: str | None = None, limit: int = 50
    ) -> SupportersPage:
        """Those whose subscription runs, begun last first.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid` (malformed-cursor).
        """
        self._access.check(actor, Action.LIST_SUPPORTERS)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.LIST_SUPPORTERS, channel.id)
        after, limit = place_at("supporters", cursor), page_size(limit)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            found = await unit.subscriptions.running_in(channel.id, after=after, limit=limit + 1)
            shown = found[:limit]
            tiers = await unit.tiers.by_ids({one.tier_id for one in shown})
        next_cursor = None
        if len(found) > limit and shown[-1].run is not None:
            next_cursor = cursor_at("supporters", Place(shown[-1].run.started_at, shown[-1].account_id))
        people = await self._people.of([one.account_id for one in shown])
        views = [
            SupporterView(people[one.account_id], one, tiers[one.tier_id], one.months(now), one.streak(now))
            for one in shown
            if one.account_id in people
        ]
        return SupportersPage(views, next_cursor)


class ListPayments:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, channels: Channels, people: PersonCards, access: Access
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._access = access

    async def __call__(
        self,
        actor: Actor,
        channel_name: str,
        *,
        state: PaymentState | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> PaymentsPage:
        """Newest first. Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid` (malformed-cursor)."""
        self._access.check(actor, Action.LIST_PAYMENTS)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.LIST_PAYMENTS, channel.id)
        after, limit = place_at("payments", cursor), page_size(limit)
        async with self._unit_of_work() as unit:
            found = await unit.payments.of_channel(channel.id, state, after=after, limit=limit + 1)
            shown, next_cursor = cut_page(
                found, limit, lambda last: cursor_at("payments", Place(last.created_at, last.id))
            )
            tiers = await unit.tiers.by_ids({one.tier_id for one in shown})
        people = await self._people.of([one.account_id for one in shown if one.account_id is not None])
        views = [
            PaymentView(
                one, tiers[one.tier_id], None if one.account_id is None else people.get(one.account_id)
            )
            for one in shown
        ]
        return PaymentsPage(views, next_cursor)
