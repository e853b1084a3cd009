"""An account gets its channel."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict
from cpc.kernel.ids import Ids
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelCreated, ChannelId, ChannelName
from livehouse.channel.domain.channel import Channel


class CreateChannel:
    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, owner_id: AccountId, owner_name: AccountName) -> Channel:
        """The account's channel, made if it has none. Raises `Conflict` (name-taken)."""
        name = ChannelName(owner_name.value)
        async with self._unit_of_work() as unit:
            existing = await unit.channels.by_owner(owner_id)
            if existing is not None:
                return existing
            channel = Channel(
                id=ChannelId(self._ids.uuid()),
                owner_id=owner_id,
                name=name,
                title=f"{name}'s stream",
                category="",
                created_at=self._clock.now(),
            )
            if await unit.channels.add(channel):
                event = ChannelCreated(channel.id, channel.owner_id, channel.name, channel.version)
                unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=channel.created_at))
                return channel
            raced = await unit.channels.by_owner(owner_id)
            if raced is None:
                raise Conflict("name-taken", f"The channel name '{name}' is taken.")
            return raced
