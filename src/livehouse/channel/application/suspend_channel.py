"""An administrator suspends a channel, or reinstates it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound, Unavailable
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action, Suspension, valid_reason
from livehouse.accounts.contract import AccountId, Actor, DeedLog
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelChanged, ChannelReinstated, ChannelSuspended
from livehouse.channel.domain.channel import Channel


class SuspendChannel:
    """Nobody but administrators sees a suspended channel, and what it broadcasts ends (`ChannelSuspended`).

    The event also carries the deed into the audit log, should the node die before it is written down here.
    """

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, log: DeedLog, clock: Clock, ids: Ids
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._log = log
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, *, reason: str, until: datetime | None) -> Channel:
        """until: None for good. A second one replaces the first.

        Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel), `Invalid` (malformed-reason,
        suspension-end).
        """
        await self._access.require(actor, Action.SUSPEND_CHANNEL)
        now = self._clock.now()
        suspension = Suspension.new(reason, until, now)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)
            channel = replace(channel, suspension=suspension, version=channel.version + 1)
            await unit.channels.save(channel)
            event = ChannelSuspended(
                channel.id,
                channel.owner_id,
                channel.name,
                channel.version,
                actor.require_account(),
                actor.name,
                suspension.reason,
            ).to_cloud_event(event_id=self._ids.uuid(), time=now)
            unit.outbox.publish(event)
        with suppress(Unavailable):
            await self._log(ChannelSuspended.deed(event))
        return channel


class ReinstateChannel:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, log: DeedLog, clock: Clock, ids: Ids
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._log = log
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, *, reason: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel, not-suspended), `Invalid`."""
        await self._access.require(actor, Action.REINSTATE_CHANNEL)
        reason = valid_reason(reason)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)
            if channel.own_suspension_at(now) is None:
                raise NotFound("not-suspended", f"The channel '{channel.name}' is not suspended.")
            channel = replace(channel, suspension=None, version=channel.version + 1)
            await unit.channels.save(channel)
            event = ChannelReinstated(
                channel.id,
                channel.owner_id,
                channel.name,
                channel.version,
                actor.require_account(),
                actor.name,
                reason,
            ).to_cloud_event(event_id=self._ids.uuid(), time=now)
            unit.outbox.publish(event)
        with suppress(Unavailable):
            await self._log(ChannelReinstated.deed(event))


class TakeOwnersSuspension:
    """For processes: a channel is suspended for as long as its owner is."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, owner_id: AccountId, suspension: Suspension | None) -> Channel | None:
        """suspension: as it is by now. The channel; None when the account has none. Twice is as once."""
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(owner_id, for_update=True)
            if channel is None or channel.owner_suspension == suspension:
                return channel
            channel = replace(channel, owner_suspension=suspension, version=channel.version + 1)
            await unit.channels.save(channel)
            changed = ChannelChanged(channel.id, channel.owner_id, channel.name, channel.version)
            unit.outbox.publish(changed.to_cloud_event(event_id=self._ids.uuid(), time=self._clock.now()))
        return channel
