"""What social keeps of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import MAX_PAGE
from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountId, ExportedFile
from livehouse.channel.contract import Channels
from livehouse.social.application.ports import Place, UnitOfWorkFactory
from livehouse.social.domain.tier import SubscriptionTier


class SocialPersonalData:
    """The `PersonalData` of this slice."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, channels: Channels, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._clock = clock

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [
            ExportedFile("social/follows", self._follows(account_id)),
            ExportedFile("social/subscriptions", self._subscriptions(account_id)),
            ExportedFile("social/payments", self._payments(account_id)),
            ExportedFile("social/tiers", self._tiers(account_id)),
        ]

    async def _follows(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        after: Place | None = None
        while True:
            async with self._unit_of_work() as unit:
                follows = await unit.follows.of_account(account_id, after=after, limit=MAX_PAGE)
            channels = await self._channels.by_ids([follow.channel_id for follow in follows])
            for follow in follows:
                channel = channels.get(follow.channel_id)
                yield {
                    "channel_id": str(follow.channel_id),
                    "channel": None if channel is None else channel.name.value,
                    "followed_at": follow.followed_at.isoformat(),
                    "notifies": follow.notifies,
                }
                after = Place(follow.followed_at, follow.channel_id)
            if len(follows) < MAX_PAGE:
                return

    async def _subscriptions(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        after: Place | None = None
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.subscriptions.of_account(account_id, after=after, limit=MAX_PAGE)
                tiers = await unit.tiers.by_ids({one.tier_id for one in found})
            channels = await self._channels.by_ids([one.channel_id for one in found])
            for one in found:
                channel, now = channels.get(one.channel_id), self._clock.now()
                yield {
                    "id": str(one.id),
                    "channel_id": str(one.channel_id),
                    "channel": None if channel is None else channel.name.value,
                    "tier": tiers[one.tier_id].name,
                    "state": one.state.value,
                    "asked_at": one.asked_at.isoformat(),
                    "started_at": None if one.run is None else one.run.started_at.isoformat(),
                    "paid_until": None if one.paid_until is None else one.paid_until.isoformat(),
                    "months": one.months(now),
                    "streak": one.streak(now),
                }
                after = Place(one.asked_at, one.channel_id)
            if len(found) < MAX_PAGE:
                return

    async def _payments(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        after: Place | None = None
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.payments.of_account(account_id, after=after, limit=MAX_PAGE)
            for one in found:
                yield {
                    "id": str(one.id),
                    "channel_id": str(one.channel_id),
                    "kind": one.kind.value,
                    "state": one.state.value,
                    "amount": one.amount.amount,
                    "currency": one.amount.currency,
                    "months": one.months,
                    "reference": one.reference,
                    "created_at": one.created_at.isoformat(),
                    "settled_at": None if one.settled_at is None else one.settled_at.isoformat(),
                }
                after = Place(one.created_at, one.id)
            if len(found) < MAX_PAGE:
                return

    async def _tiers(self, account_id: AccountId) -> AsyncIterator[Mapping[str, object]]:
        try:
            channel = await self._channels.by_owner(account_id)
        except NotFound:
            return
        async with self._unit_of_work() as unit:
            tiers = await unit.tiers.offered_by(channel.id)
        for tier in tiers:
            yield _tier(tier)
        after: Place | None = None
        while True:
            async with self._unit_of_work() as unit:
                tiers = await unit.tiers.withdrawn_by(channel.id, after=after, limit=MAX_PAGE)
            for tier in tiers:
                yield _tier(tier)
                after = Place(tier.created_at, tier.id)
            if len(tiers) < MAX_PAGE:
                return


def _tier(tier: SubscriptionTier) -> Mapping[str, object]:
    return {
        "id": str(tier.id),
        "name": tier.name,
        "amount": tier.price.amount,
        "currency": tier.price.currency,
        "benefits": [
            {
                "kind": benefit.kind.value,
                "months": list(benefit.months),
                "slots": benefit.slots,
                "text": benefit.text,
            }
            for benefit in tier.benefits
        ],
        "created_at": tier.created_at.isoformat(),
        "withdrawn_at": None if tier.withdrawn_at is None else tier.withdrawn_at.isoformat(),
    }
