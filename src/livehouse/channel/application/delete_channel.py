"""A channel goes: after a grace in which its owner may think again, or with its owner's account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import AccountId, Actor
from livehouse.channel.application.page_images import let_go
from livehouse.channel.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelChanged, ChannelDeleted
from livehouse.channel.domain.channel import Channel

DELETION_GRACE = timedelta(days=14)


class RequestChannelDeletion:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def may(self, actor: Actor, name: str) -> Channel:
        """The question alone, for whoever has more to ask before. Raises as the call does."""
        self._access.check(actor, Action.REQUEST_CHANNEL_DELETION)
        async with self._unit_of_work() as unit:
            found = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.REQUEST_CHANNEL_DELETION, found.id)
        return found

    async def __call__(self, actor: Actor, name: str) -> Channel:
        """The channel works until then. Asking twice does not put it off.

        Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel).
        """
        await self.may(actor, name)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)
            if channel.deletion_due_at is None:
                channel = replace(channel, deletion_due_at=now + DELETION_GRACE, version=channel.version + 1)
                await unit.channels.save(channel)
                event = ChannelChanged(channel.id, channel.owner_id, channel.name, channel.version)
                unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=now))
        return channel


class CancelChannelDeletion:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str) -> None:
        """Doing it twice is fine. Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel)."""
        self._access.check(actor, Action.CANCEL_CHANNEL_DELETION)
        async with self._unit_of_work() as unit:
            found = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.CANCEL_CHANNEL_DELETION, found.id)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)
            if channel.deletion_due_at is not None:
                channel = replace(channel, deletion_due_at=None, version=channel.version + 1)
                await unit.channels.save(channel)
                event = ChannelChanged(channel.id, channel.owner_id, channel.name, channel.version)
                unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=self._clock.now()))


class EraseChannels:
    """What other slices keep of a channel goes when they hear `ChannelDeleted`."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self) -> bool:
        """A duty of the worker: erase one that is due, and forget names that were kept long enough.

        False when none is due.
        """
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            channel = await unit.channels.due_for_deletion(now)
            if channel is None:
                await unit.channels.forget_former_names_until(now)
                return False
            await self._erase(unit, channel)
        return True

    async def of_account(self, account_id: AccountId) -> None:
        """All that the slice keeps of somebody whose account is gone. Doing it twice is fine."""
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(account_id, for_update=True)
            if channel is not None:
                await self._erase(unit, channel)
            await unit.channels.forget_owner(account_id)
            await unit.roles.remove_all(account_id)

    async def _erase(self, unit: UnitOfWork, channel: Channel) -> None:
        now = self._clock.now()
        banner = await unit.banners.replace(channel.id, None)
        if banner is not None:
            await unit.images_in_doubt.add(banner, now)
        rendered = await unit.about.of(channel.id)
        if rendered is not None:
            await let_go(unit, rendered.about.images, (), now)
        await unit.channels.erase(channel, now)
        event = ChannelDeleted(channel.id, channel.owner_id, channel.name, channel.version)
        unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=now))
