"""Follows in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.application.ports import Bond, Place
from livehouse.social.contract import Support
from livehouse.social.domain.follow import Follow, FollowTally
from livehouse.social.domain.tier import badge_months, entitlements_of
from livehouse.social.testing.subscriptions import InMemorySubscriptions, newest
from livehouse.social.testing.tables import Tables


class InMemoryFollows:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def tally(self, account_id: AccountId, now: datetime) -> FollowTally:
        return self._tables.tallies.setdefault(account_id, FollowTally(account_id, 0, now, 0))

    async def get(self, account_id: AccountId, channel_id: ChannelId) -> Follow | None:
        return self._tables.follows.get((account_id, channel_id))

    async def add(self, follow: Follow, tally: FollowTally) -> None:
        self._tables.follows[follow.account_id, follow.channel_id] = follow
        self._tables.tallies[tally.account_id] = tally

    async def save(self, follow: Follow) -> None:
        self._tables.follows[follow.account_id, follow.channel_id] = follow

    async def remove(self, follow: Follow, tally: FollowTally) -> None:
        del self._tables.follows[follow.account_id, follow.channel_id]
        self._tables.tallies[tally.account_id] = tally

    async def of_account(self, account_id: AccountId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        found = (one for one in self._tables.follows.values() if one.account_id == account_id)
        return newest(((Place(one.followed_at, one.channel_id), one) for one in found), after, limit)

    async def of_channel(self, channel_id: ChannelId, *, after: Place | None, limit: int) -> Sequence[Follow]:
        found = (one for one in self._tables.follows.values() if one.channel_id == channel_id)
        return newest(((Place(one.followed_at, one.account_id), one) for one in found), after, limit)

    async def followers(self, channel_id: EntityId) -> int:
        return sum(one.channel_id.uuid == channel_id.uuid for one in self._tables.follows.values())

    async def remove_of_channel(self, channel_id: ChannelId, limit: int) -> int:
        gone = await self.of_channel(channel_id, after=None, limit=limit)
        for follow in gone:
            tally = self._tables.tallies[follow.account_id]
            await self.remove(follow, replace(tally, follows=tally.follows - 1))
        return len(gone)


class InMemorySupports:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def bond(self, channel_id: EntityId, account_id: EntityId) -> Bond:
        supporter, channel = AccountId(account_id.uuid), ChannelId(channel_id.uuid)
        follow = self._tables.follows.get((supporter, channel))
        subscription = await InMemorySubscriptions(self._tables).get(supporter, channel)
        if subscription is None:
            return Bond(follow)
        next_tier_id = subscription.next_tier_id
        return Bond(
            follow,
            subscription,
            self._tables.tiers[subscription.tier_id],
            None if next_tier_id is None else self._tables.tiers[next_tier_id],
        )

    async def of(self, channel_id: EntityId, account_id: EntityId, now: datetime) -> Support:
        supporter, channel = AccountId(account_id.uuid), ChannelId(channel_id.uuid)
        follow = self._tables.follows.get((supporter, channel))
        subscription = await InMemorySubscriptions(self._tables).get(supporter, channel)
        followed_at = None if follow is None else follow.followed_at
        if subscription is None or (until := subscription.entitled_until) is None or until <= now:
            return Support(followed_at)
        benefits, months = self._tables.tiers[subscription.tier_id].benefits, subscription.months(now)
        if (former_id := subscription.former_at(now)) is not None:
            benefits += self._tables.tiers[former_id].benefits
        return Support(followed_at, months, entitlements_of(benefits), badge_months(benefits, months))
