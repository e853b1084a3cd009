"""Somebody follows a channel, or leaves it."""

from __future__ import annotations

from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Forbidden
from cpc.kernel.ids import Ids
from cpc.social_integration.events import FollowCreated, FollowEnded
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import AccountId, Actor, People
from livehouse.channel.contract import ChannelId, ChannelRef, Channels
from livehouse.social.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.social.domain.follow import Follow

ERASED_IN_A_ROW = 100


class EndFollow:
    """Ends a follow, whoever wants it ended. Ending what is not there is fine."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, account_id: AccountId, channel_id: ChannelId) -> None:
        async with self._unit_of_work() as unit:
            follow = await unit.follows.get(account_id, channel_id)
            if follow is not None:
                await self._end(unit, account_id, channel_id)

    async def all_of_account(self, account_id: AccountId) -> None:
        """In bounded steps, so that no transaction holds the counts of many channels for long."""
        while True:
            async with self._unit_of_work() as unit:
                follows = await unit.follows.of_account(account_id, after=None, limit=ERASED_IN_A_ROW)
                # One order of locks on the channels' counts for all.
                for follow in sorted(follows, key=lambda follow: follow.channel_id.uuid.bytes):
                    await self._end(unit, account_id, follow.channel_id)
            if len(follows) < ERASED_IN_A_ROW:
                return

    async def all_of_channel(self, channel_id: ChannelId) -> None:
        """Without an event for each: the channel's own deletion says it of all."""
        while True:
            async with self._unit_of_work() as unit:
                if await unit.follows.remove_of_channel(channel_id, ERASED_IN_A_ROW) < ERASED_IN_A_ROW:
                    return

    async def _end(self, unit: UnitOfWork, account_id: AccountId, channel_id: ChannelId) -> None:
        now = self._clock.now()
        tally = await unit.follows.tally(account_id, now)
        follow = await unit.follows.get(account_id, channel_id)
        if follow is None:  # ended by another meanwhile
            return
        await unit.follows.remove(follow, tally.with_one_less())
        ended = FollowEnded(str(channel_id), str(account_id), now)
        unit.outbox.publish(ended.to_cloud_event(event_id=self._ids.uuid(), time=now))


class FollowChannel:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        channels: Channels,
        people: People,
        access: Access,
        end_follow: EndFollow,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._channels = channels
        self._people = people
        self._access = access
        self._end_follow = end_follow
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, channel_name: str, *, notifies: bool | None = None) -> Follow:
        """Doing it twice is fine. notifies: None leaves it as it is; a new follow notifies.

        Raises `Unauthenticated`, `NotFound`, `Forbidden` (also follow-refused, by a block), `Conflict`
        (own-channel, too-many-follows), `RateLimited` (follow-rate).
        """
        self._access.check(actor, Action.FOLLOW_CHANNEL)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.FOLLOW_CHANNEL, channel.id)
        account_id = actor.require_account()
        if account_id == channel.owner_id:
            raise Conflict("own-channel", "This is your own channel; nobody follows themselves.")
        await self._refuse_blocked(channel, account_id)
        follow, is_new = await self._follow(account_id, channel.id, notifies)
        if is_new:
            # The block could have come in between, and what it removes would then be missed. One that comes
            # later finds this follow.
            try:
                await self._refuse_blocked(channel, account_id)
            except Forbidden:
                await self._end_follow(account_id, channel.id)
                raise
        return follow

    async def _follow(
        self, account_id: AccountId, channel_id: ChannelId, notifies: bool | None
    ) -> tuple[Follow, bool]:
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            tally = await unit.follows.tally(account_id, now)
            follow = await unit.follows.get(account_id, channel_id)
            if follow is not None:
                if notifies is not None and notifies != follow.notifies:
                    follow = replace(follow, notifies=notifies)
                    await unit.follows.save(follow)
                return follow, False
            follow = Follow(account_id, channel_id, now, notifies is not False)
            await unit.follows.add(follow, tally.with_one_more(now))
            created = FollowCreated(str(channel_id), str(account_id), now)
            unit.outbox.publish(created.to_cloud_event(event_id=self._ids.uuid(), time=now))
        return follow, True

    async def _refuse_blocked(self, channel: ChannelRef, account_id: AccountId) -> None:
        if await self._people.has_blocked(channel.owner_id, account_id):
            raise Forbidden("follow-refused", "You cannot follow this channel.")


class UnfollowChannel:
    def __init__(self, channels: Channels, access: Access, end_follow: EndFollow) -> None:
        self._channels = channels
        self._access = access
        self._end_follow = end_follow

    async def __call__(self, actor: Actor, channel_name: str) -> None:
        """Doing it twice is fine. Raises `Unauthenticated`, `NotFound`, `Forbidden`."""
        self._access.check(actor, Action.UNFOLLOW_CHANNEL)
        channel = await self._channels.by_name(channel_name)
        await self._access.require(actor, Action.UNFOLLOW_CHANNEL, channel.id)
        await self._end_follow(actor.require_account(), channel.id)
