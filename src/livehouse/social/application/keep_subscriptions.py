"""What happens to paid subscriptions without anybody asking: time passes, people and channels go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from cpc.kernel.clock import Clock
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.domain.paid_subscription import EndReason, SubscriptionState
from livehouse.social.domain.transitions import cancel, end

IN_A_ROW = 100
PUT_OFF_BY = timedelta(hours=1)
"""So long one waits that failed."""
log = structlog.get_logger(__name__)

_GOING_ON = frozenset({SubscriptionState.PENDING, SubscriptionState.ACTIVE})


class PassTime:
    """A duty of the worker: asks for renewals, and ends what has come to its end.

    Each subscription is a transaction of its own, so a process that dies goes on where it stopped. One that
    fails is put off, so that those behind it do not wait for it.
    """

    def __init__(self, unit_of_work: UnitOfWorkFactory, ledger: Ledger, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._ledger = ledger
        self._clock = clock

    async def __call__(self) -> bool:
        """See to one; False when none is due."""
        now = self._clock.now()
        subscription = None
        try:
            async with self._unit_of_work() as unit:
                subscription = await unit.subscriptions.next_due(now)
                if subscription is None:
                    return False
                await self._ledger.catch_up(unit, subscription, now)
        except Exception:
            if subscription is None:
                raise
            # Whatever is wrong with this one, those behind it do not wait for it.
            log.exception("a paid subscription is put off", subscription=str(subscription.id))
            async with self._unit_of_work() as unit:
                await unit.subscriptions.put_off(subscription, now + PUT_OFF_BY)
        return True


class EndSubscriptions:
    """Ends all of a supporter, all of a channel, or the one between two. What was ended already is left."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, ledger: Ledger, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._ledger = ledger
        self._clock = clock

    async def of_blocked(self, account_id: AccountId, channel_id: ChannelId) -> None:
        """As if the supporter had cancelled: what is paid for stays to its end, nothing more is asked for.
        What is for nothing, such as granted months, ends at once.
        """
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            subscription = await self._ledger.load(unit, account_id, channel_id, now)
            if subscription is None:
                return
            if subscription.is_running and subscription.price.amount == 0:
                await self._ledger.record(unit, end(subscription, EndReason.BLOCKED, now), now)
            elif subscription.state in _GOING_ON:
                await self._ledger.record(unit, cancel(subscription, now), now)

    async def all_of_account(self, account_id: AccountId) -> None:
        """Also forgets whose its payments were."""
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.subscriptions.open_of(account_id, IN_A_ROW)
            for subscription in found:
                await self._end(account_id, subscription.channel_id, EndReason.ACCOUNT_ERASED)
            if not found:
                break
        async with self._unit_of_work() as unit:
            await unit.subscriptions.remove_of(account_id)
            await unit.payments.forget_account(account_id)

    async def all_of_channel(self, channel_id: ChannelId) -> None:
        """Its tiers are offered no more, its payments stay."""
        async with self._unit_of_work() as unit:
            for tier in await unit.tiers.offered_by(channel_id, for_update=True):
                await unit.tiers.save(replace(tier, withdrawn_at=self._clock.now()))
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.subscriptions.open_in(channel_id, IN_A_ROW)
            for subscription in found:
                await self._end(subscription.account_id, channel_id, EndReason.CHANNEL_DELETED)
            if not found:
                return

    async def _end(self, account_id: AccountId, channel_id: ChannelId, reason: EndReason) -> None:
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            subscription = await self._ledger.load(unit, account_id, channel_id, now)
            if subscription is not None and (subscription.is_running or subscription.pending is not None):
                await self._ledger.record(unit, end(subscription, reason, now), now)
