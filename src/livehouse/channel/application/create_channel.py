"""An account gets its channel."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import AccountId, AccountName, Actor, People
from livehouse.channel.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.channel.contract import ChannelCreated, ChannelId, ChannelName
from livehouse.channel.domain.channel import Channel


class CreateChannel:
    """For other parts of the node, which have asked already whether it may be."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, owner_id: AccountId, owner_name: AccountName) -> Channel:
        """The account's channel, made if it has none. Raises `Conflict` (name-taken)."""
        async with self._unit_of_work() as unit:
            existing = await unit.channels.by_owner(owner_id)
            return await self.make(unit, owner_id, owner_name) if existing is None else existing

    async def unless_erased(self, owner_id: AccountId, owner_name: AccountName) -> Channel | None:
        """The same for one that may have had a channel and wanted it gone. Raises `Conflict` (name-taken)."""
        async with self._unit_of_work() as unit:
            existing = await unit.channels.by_owner(owner_id)
            if existing is not None or await unit.channels.was_erased(owner_id):
                return existing
            return await self.make(unit, owner_id, owner_name)

    async def make(self, unit: UnitOfWork, owner_id: AccountId, owner_name: AccountName) -> Channel:
        """In a unit of work of the caller. Raises `Conflict` (name-taken)."""
        name = ChannelName(owner_name.value)
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


class CreateChannelAgain:
    """After one's channel was erased: a new, empty one, under the account's name."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        people: People,
        create_channel: CreateChannel,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._people = people
        self._create_channel = create_channel

    async def __call__(self, actor: Actor) -> Channel:
        """Raises `Unauthenticated`, `Forbidden`, `Conflict` (channel-exists, name-taken)."""
        await self._access.require(actor, Action.CREATE_CHANNEL)
        owner = await self._people.actor(actor.require_account())  # as it is called now
        owner_id = owner.require_account()
        assert owner.name is not None
        async with self._unit_of_work() as unit:
            existing = await unit.channels.by_owner(owner_id)
            if existing is not None:
                raise Conflict("channel-exists", f"You have the channel '{existing.name}' already.")
            channel = await self._create_channel.make(unit, owner_id, owner.name)
            await unit.channels.forget_owner(owner_id)
        return channel
