"""In-memory channels for tests of other parts; they pass the same suite as the PostgreSQL ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

from cpc.eventbus.envelope import CloudEvent, Outbox
from cpc.eventbus.testing import RecordingOutbox
from cpc.images.image import ImageName
from cpc.images.testing import InMemoryImagesInDoubt
from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.domain.channel import Channel
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

    async def by_id(self, channel_id: ChannelId) -> Channel | None:
        channel = self._tables.channels.get(channel_id)
        return None if channel is None else self._tables.read(channel)

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        return self._first(lambda channel: channel.name == name)

    async def by_owner(self, owner_id: AccountId) -> Channel | None:
        return self._first(lambda channel: channel.owner_id == owner_id)

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        there = (self._tables.channels.get(one) for one in channel_ids)
        return [self._tables.read(channel) for channel in there if channel is not None]

    async def save(self, channel: Channel) -> None:
        self._tables.channels[channel.id] = channel

    def _first(self, is_it: Callable[[Channel], bool]) -> Channel | None:
        for channel in self._tables.channels.values():
            if is_it(channel):
                return self._tables.read(channel)
        return None


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


class InMemoryChannelDatabase:
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted. `events` are the published ones."""

    def __init__(self) -> None:
        self._tables = Tables()

    @property
    def events(self) -> list[CloudEvent]:
        return self._tables.events

    def unit_of_work(self) -> InMemoryChannelUnitOfWork:
        return InMemoryChannelUnitOfWork(self)


class InMemoryChannelUnitOfWork:
    def __init__(self, database: InMemoryChannelDatabase) -> None:
        self._database = database
        self._tables = database._tables.copy()
        self._outbox = RecordingOutbox(self._tables.events)

    @property
    def channels(self) -> InMemoryChannels:
        return InMemoryChannels(self._tables)

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

    @property
    def outbox(self) -> Outbox:
        return self._outbox

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._database._tables = self._tables


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
