"""Finding channels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from cpc.images.image import ImageName
from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, Moved, NotFound
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Access, Action, ChannelStanding, Role
from livehouse.accounts.contract import AccountId, Actor
from livehouse.channel.application.ports import (
    ChannelStore,
    UnitOfWorkFactory,
)
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.domain.channel import Channel


async def find_by_name(channels: ChannelStore, name: str, *, for_update: bool = False) -> Channel:
    """Raises `NotFound` (no-such-channel), also for a name that no channel could have; `Moved`
    (channel-renamed) for one that a channel bore before."""
    try:
        channel_name = ChannelName.parse(name)
    except Invalid:
        raise _no_such_channel(name) from None
    channel = await channels.by_name(channel_name, for_update=for_update)
    if channel is not None:
        return channel
    renamed = await channels.by_former_name(channel_name)
    if renamed is None:
        raise _no_such_channel(name)
    raise Moved(
        "channel-renamed",
        f"The channel '{channel_name}' is called '{renamed.name}' now.",
        asked_for=name,
        now_called=renamed.name.value,
    )


class ChannelByName:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, name: str) -> Channel:
        """Raises `NotFound` (no-such-channel), `Forbidden`."""
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.READ_CHANNEL, channel.id)
        return channel


class FindChannelWithBanner:
    """For the channel's page, which asks who may see it."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, name: str) -> tuple[Channel, ImageName | None]:
        """Raises `NotFound` (no-such-channel), `Moved` (channel-renamed)."""
        async with self._unit_of_work() as unit:
            try:
                found = await unit.channels.with_banner(ChannelName.parse(name))
            except Invalid:
                found = None
            # Not there, or it moved: that says which.
            return found or (await find_by_name(unit.channels, name), None)


class FindChannels:
    """The `Channels` facade of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def by_name(self, name: str) -> ChannelRef:
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        return self._ref(channel)

    async def by_id(self, channel_id: ChannelId) -> ChannelRef:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_id(channel_id)
        if channel is None:
            raise _no_such_channel(str(channel_id))
        return self._ref(channel)

    async def by_owner(self, owner_id: AccountId) -> ChannelRef:
        async with self._unit_of_work() as unit:
            channel = await unit.channels.by_owner(owner_id)
        if channel is None:
            raise _no_such_channel(str(owner_id))
        return self._ref(channel)

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelRef]:
        if not channel_ids:
            return {}
        async with self._unit_of_work() as unit:
            return {channel.id: self._ref(channel) for channel in await unit.channels.by_ids(channel_ids)}

    def _ref(self, channel: Channel) -> ChannelRef:
        return channel_ref(channel, self._clock.now())


def channel_ref(channel: Channel, now: datetime) -> ChannelRef:
    return ChannelRef(
        channel.id,
        channel.owner_id,
        channel.name,
        channel.title,
        privacy=channel.privacy,
        is_suspended=channel.suspension_at(now) is not None,
        language=channel.language,
        chat_modes=channel.chat_modes,
    )


class FindStandings:
    """The `ChannelStandings` facade of access."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def of(self, channel_id: EntityId, account_id: EntityId | None) -> ChannelStanding:
        account = None if account_id is None else AccountId(account_id.uuid)
        async with self._unit_of_work() as unit:
            found = await unit.channels.with_role(ChannelId(channel_id.uuid), account)
        if found is None:
            return ChannelStanding()
        channel, granted = found
        role = None if granted is None else granted.role
        if channel.owner_id == account:
            role = Role.OWNER
        now = self._clock.now()
        return ChannelStanding(
            frozenset() if role is None else frozenset({role}),
            is_suspended=channel.suspension_at(now) is not None,
            suspension=channel.suspension_as(role, now),
            privacy=channel.privacy,
            is_chat_for_members=channel.chat_modes.members_only,
        )


def _no_such_channel(name: str) -> NotFound:
    return NotFound("no-such-channel", f"There is no channel '{name[:60]}'.")
