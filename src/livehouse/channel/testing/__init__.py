"""In-memory channels for tests of other parts; they pass the same suite as the PostgreSQL ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from cpc.eventbus.testing import InMemoryDatabase, InMemoryTransaction
from cpc.images.image import ImageName
from cpc.images.testing import InMemoryImagesInDoubt
from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.ports import RolePlace
from livehouse.channel.contract import ChannelCard, ChannelId, ChannelName, ChannelRef
from livehouse.channel.domain.channel import Channel, ChannelState
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant
from livehouse.channel.testing.content import (
    FakeCalendarWriter,
    FakeMarkdownRenderer,
    InMemoryAbout,
    InMemorySchedule,
)
from livehouse.channel.testing.discovery import InMemoryCategories, InMemoryDirectory, InMemoryStatistics
from livehouse.channel.testing.tables import Tables

__all__ = [
    "FakeCalendarWriter",
    "FakeChannelCards",
    "FakeChannels",
    "FakeMarkdownRenderer",
    "InMemoryChannelDatabase",
]


class InMemoryChannels:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, channel: Channel) -> bool:
        taken = any(
            other.owner_id == channel.owner_id or other.name == channel.name
            for other in self._tables.channels.values()
        )
        if not taken:
            self._tables.channels[channel.id] = channel
        return not taken

    async def by_id(self, channel_id: ChannelId, *, for_update: bool = False) -> Channel | None:
        channel = self._tables.channels.get(channel_id)
        return None if channel is None else self._tables.read(channel)

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        return self._first(lambda channel: channel.name == name)

    async def with_banner(self, name: ChannelName) -> tuple[Channel, ImageName | None] | None:
        channel = await self.by_name(name)
        return None if channel is None else (channel, self._tables.banners.get(channel.id))

    async def by_former_name(self, name: ChannelName) -> Channel | None:
        channel_id, _ = self._tables.former_names.get(name, (None, None))
        return None if channel_id is None else await self.by_id(channel_id)

    async def by_owner(self, owner_id: AccountId, *, for_update: bool = False) -> Channel | None:
        return self._first(lambda channel: channel.owner_id == owner_id)

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        there = (self._tables.channels.get(one) for one in channel_ids)
        return [self._tables.read(channel) for channel in there if channel is not None]

    async def with_role(
        self, channel_id: ChannelId, account_id: AccountId | None
    ) -> tuple[Channel, ChannelRole | None] | None:
        channel = await self.by_id(channel_id)
        if channel is None:
            return None
        grant = None if account_id is None else self._tables.roles.get((channel_id, account_id))
        return channel, None if grant is None else grant.role

    async def page(
        self, *, prefix: str, state: ChannelState | None, now: datetime, after: ChannelName | None, limit: int
    ) -> Sequence[Channel]:
        def is_meant(channel: Channel) -> bool:
            is_suspended = channel.own_suspension_at(now) is not None
            is_deleting = channel.deletion_due_at is not None
            match state:
                case ChannelState.SUSPENDED:
                    return is_suspended
                case ChannelState.DELETING:
                    return is_deleting
                case ChannelState.ACTIVE:
                    return not is_suspended and not is_deleting
                case None:
                    return True

        return [
            self._tables.read(channel)
            for channel in sorted(self._tables.channels.values(), key=lambda one: one.name)
            if channel.name.value.startswith(prefix)
            and (after is None or channel.name > after)
            and is_meant(channel)
        ][:limit]

    async def save(self, channel: Channel) -> None:
        self._tables.channels[channel.id] = channel

    async def note_former_name(self, name: ChannelName, channel_id: ChannelId, until: datetime) -> None:
        self._tables.former_names[name] = (channel_id, until)

    async def forget_former_name(self, name: ChannelName) -> None:
        self._tables.former_names.pop(name, None)

    async def forget_former_names_until(self, now: datetime) -> None:
        for name, (_, until) in list(self._tables.former_names.items()):
            if until <= now:
                del self._tables.former_names[name]

    async def due_for_deletion(self, now: datetime) -> Channel | None:
        due = [
            (channel.deletion_due_at, channel)
            for channel in self._tables.channels.values()
            if channel.deletion_due_at is not None
            and channel.deletion_due_at <= now
            and channel.suspension_at(now) is None
        ]
        return min(due, key=lambda one: one[0])[1] if due else None

    async def erase(self, channel: Channel, at: datetime) -> None:
        tables = self._tables
        tables.channels.pop(channel.id, None)
        tables.directory.pop(channel.id, None)
        tables.content.forget(channel.id)
        tables.statistics = {key: one for key, one in tables.statistics.items() if key[0] != channel.id}
        tables.roles = {key: one for key, one in tables.roles.items() if key[0] != channel.id}
        tables.former_names = {
            name: kept for name, kept in tables.former_names.items() if kept[0] != channel.id
        }
        tables.erased_channels[channel.owner_id] = at

    async def was_erased(self, owner_id: AccountId) -> bool:
        return owner_id in self._tables.erased_channels

    async def forget_owner(self, owner_id: AccountId) -> None:
        self._tables.erased_channels.pop(owner_id, None)

    def _first(self, is_it: Callable[[Channel], bool]) -> Channel | None:
        for channel in self._tables.channels.values():
            if is_it(channel):
                return self._tables.read(channel)
        return None


class InMemoryRoles:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, grant: RoleGrant) -> None:
        self._tables.roles[grant.channel_id, grant.account_id] = grant

    async def remove(self, channel_id: ChannelId, account_id: AccountId) -> bool:
        return self._tables.roles.pop((channel_id, account_id), None) is not None

    async def remove_all(self, account_id: AccountId) -> None:
        self._tables.roles = {key: one for key, one in self._tables.roles.items() if key[1] != account_id}

    async def of(self, channel_id: ChannelId, account_id: AccountId) -> RoleGrant | None:
        return self._tables.roles.get((channel_id, account_id))

    async def count(self, channel_id: ChannelId) -> int:
        return sum(key[0] == channel_id for key in self._tables.roles)

    async def page(
        self, channel_id: ChannelId, *, after: RolePlace | None, limit: int
    ) -> Sequence[RoleGrant]:
        grants = sorted(
            (grant for grant in self._tables.roles.values() if grant.channel_id == channel_id),
            key=lambda grant: (grant.role, grant.account_id),
        )
        return [
            grant
            for grant in grants
            if after is None or (grant.role, grant.account_id) > (after.role, after.account_id)
        ][:limit]

    async def held_by(
        self, account_id: AccountId, *, after: ChannelId | None, limit: int
    ) -> Sequence[tuple[Channel, ChannelRole]]:
        grants = sorted(
            (grant for grant in self._tables.roles.values() if grant.account_id == account_id),
            key=lambda grant: grant.channel_id,
        )
        return [
            (self._tables.read(self._tables.channels[grant.channel_id]), grant.role)
            for grant in grants
            if after is None or grant.channel_id > after
        ][:limit]


class InMemoryBanners:
    def __init__(self, banners: dict[ChannelId, ImageName]) -> None:
        self._banners = banners

    async def of(self, channel_id: ChannelId) -> ImageName | None:
        return self._banners.get(channel_id)

    async def replace(self, channel_id: ChannelId, image: ImageName | None) -> ImageName | None:
        replaced = self._banners.pop(channel_id, None)
        if image is not None:
            self._banners[channel_id] = image
        return replaced

    async def among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        return frozenset(self._banners.values()).intersection(names)


class InMemoryChannelDatabase(InMemoryDatabase[Tables]):
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        super().__init__(Tables())

    def unit_of_work(self) -> InMemoryChannelUnitOfWork:
        return InMemoryChannelUnitOfWork(self)


class InMemoryChannelUnitOfWork(InMemoryTransaction[Tables]):
    @property
    def channels(self) -> InMemoryChannels:
        return InMemoryChannels(self._tables)

    @property
    def roles(self) -> InMemoryRoles:
        return InMemoryRoles(self._tables)

    @property
    def directory(self) -> InMemoryDirectory:
        return InMemoryDirectory(self._tables)

    @property
    def about(self) -> InMemoryAbout:
        return InMemoryAbout(self._tables.content)

    @property
    def categories(self) -> InMemoryCategories:
        return InMemoryCategories(self._tables)

    @property
    def statistics(self) -> InMemoryStatistics:
        return InMemoryStatistics(self._tables)

    @property
    def schedule(self) -> InMemorySchedule:
        return InMemorySchedule(self._tables.content)

    @property
    def banners(self) -> InMemoryBanners:
        return InMemoryBanners(self._tables.banners)

    @property
    def images_in_doubt(self) -> InMemoryImagesInDoubt:
        return InMemoryImagesInDoubt(self._tables.images_in_doubt)


class FakeChannels:
    """The `Channels` facade over a list."""

    def __init__(self, *channels: ChannelRef) -> None:
        self._channels = channels

    async def by_name(self, name: str) -> ChannelRef:
        return self._find(lambda channel: channel.name.value == name.lower(), name)

    async def by_id(self, channel_id: ChannelId) -> ChannelRef:
        return self._find(lambda channel: channel.id == channel_id, str(channel_id))

    async def by_owner(self, owner_id: AccountId) -> ChannelRef:
        return self._find(lambda channel: channel.owner_id == owner_id, str(owner_id))

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelRef]:
        return {channel.id: channel for channel in self._channels if channel.id in channel_ids}

    def _find(self, is_it: Callable[[ChannelRef], bool], name: str) -> ChannelRef:
        for channel in self._channels:
            if is_it(channel):
                return channel
        raise NotFound("no-such-channel", f"There is no channel '{name}'.")


class FakeChannelCards:
    """The `ChannelCards` facade over what another one knows: all offline, none with a picture."""

    def __init__(self, channels: FakeChannels) -> None:
        self._channels = channels

    async def of(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelCard]:
        found = await self._channels.by_ids(channel_ids)
        return {ref.id: _card(ref) for ref in found.values() if not ref.is_suspended}


def _card(ref: ChannelRef) -> ChannelCard:
    return ChannelCard(
        id=ref.id,
        owner_id=ref.owner_id,
        name=ref.name,
        title=ref.title,
        category="",
        category_slug=None,
        tags=(),
        language=ref.language,
        is_mature=False,
        privacy=ref.privacy,
        is_live=False,
        viewers=0,
        started_at=None,
    )
