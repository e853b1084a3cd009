"""A channel takes the new name of its owner's account; for a while the old one leads to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import FORMER_NAME_KEPT, AccountId, AccountName, Actor
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelName, ChannelRenamed
from livehouse.channel.domain.channel import Channel


class MayRenameChannel:
    """The question before a renaming, which is done by the accounts first."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, name: str) -> Channel:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-channel)."""
        self._access.check(actor, Action.RENAME_CHANNEL)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.RENAME_CHANNEL, channel.id)
        return channel


class TakeAccountName:
    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(
        self, owner_id: AccountId, account_name: AccountName, renamed_at: datetime
    ) -> Channel | None:
        """The owner's channel, None where there is none. Doing it twice is fine.

        renamed_at: when the account was. An older renaming changes nothing any more.
        """
        name = ChannelName(account_name.value)
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(owner_id, for_update=True)
            if channel is None or (channel.renamed_at is not None and channel.renamed_at >= renamed_at):
                return channel
            former_name = channel.name
            channel = replace(channel, name=name, renamed_at=renamed_at, version=channel.version + 1)
            await unit.channels.save(channel)
            await unit.channels.forget_former_name(name)  # taken back, or kept long enough
            await unit.channels.note_former_name(former_name, channel.id, renamed_at + FORMER_NAME_KEPT)
            event = ChannelRenamed(channel.id, owner_id, name, channel.version, former_name)
            unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=self._clock.now()))
        return channel
