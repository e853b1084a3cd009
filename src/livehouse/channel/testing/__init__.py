"""In-memory channels for tests of other parts; they pass the same suite as the PostgreSQL ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from cpc.eventbus.envelope import CloudEvent, Outbox
from cpc.eventbus.testing import RecordingOutbox
from cpc.images.image import ImageName
from cpc.images.testing import InMemoryImagesInDoubt
from cpc.kernel.errors import NotFound
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.ports import ChannelCard, DirectoryPlace
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef, Privacy
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing.content import (
    ContentTables,
    FakeCalendarWriter,
    FakeMarkdownRenderer,
    InMemoryAbout,
    InMemorySchedule,
)

__all__ = [
    "FakeCalendarWriter",
    "FakeChannels",
    "FakeMarkdownRenderer",
    "InMemoryChannelDatabase",
]


@dataclass(slots=True)
class _Tables:
    channels: dict[ChannelId, Channel] = field(default_factory=dict)
    directory: dict[ChannelId, tuple[str, bool, int, datetime]] = field(default_factory=dict)
    events: list[CloudEvent] = field(default_factory=list)
    content: ContentTables = field(default_factory=ContentTables)
    banners: dict[ChannelId, ImageName] = field(default_factory=dict)
    images_in_doubt: dict[ImageName, datetime] = field(default_factory=dict)

    def copy(self) -> _Tables:
        return _Tables(
            dict(self.channels),
            dict(self.directory),
            list(self.events),
            self.content.copy(),
            dict(self.banners),
            dict(self.images_in_doubt),
        )


class InMemoryChannels:
    def __init__(self, tables: _Tables) -> None:
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
        return self._tables.channels.get(channel_id)

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        return next((channel for channel in self._tables.channels.values() if channel.name == name), None)

    async def by_owner(self, owner_id: AccountId) -> Channel | None:
        return next(
            (channel for channel in self._tables.channels.values() if channel.owner_id == owner_id), None
        )

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        return [self._tables.channels[one] for one in channel_ids if one in self._tables.channels]

    async def save(self, channel: Channel) -> None:
        self._tables.channels[channel.id] = channel


class InMemoryDirectory:
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def broadcast_started(self, channel_id: ChannelId, broadcast_id: str, started_at: datetime) -> None:
        self._tables.directory[channel_id] = (broadcast_id, True, 0, started_at)

    async def broadcast_ended(self, channel_id: ChannelId, broadcast_id: str) -> None:
        entry = self._tables.directory.get(channel_id)
        if entry is not None and entry[0] == broadcast_id:
            self._tables.directory[channel_id] = (broadcast_id, False, 0, entry[3])

    async def viewers_counted(self, channel_id: ChannelId, broadcast_id: str, viewers: int) -> None:
        entry = self._tables.directory.get(channel_id)
        if entry is not None and entry[0] == broadcast_id and entry[1]:
            self._tables.directory[channel_id] = (broadcast_id, True, viewers, entry[3])

    async def page(
        self, *, live_only: bool, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> Sequence[ChannelCard]:
        listed = [
            channel
            for channel in self._tables.channels.values()
            if channel.privacy is not Privacy.UNLISTED and channel.suspension_at(now) is None
        ]
        cards = sorted(map(self._card, listed), key=_order)
        start = (False, 0, "") if after is None else _order(after)
        following = [card for card in cards if after is None or _order(card) > start]
        return [card for card in following if card.is_live or not live_only][:limit]

    def _card(self, channel: Channel) -> ChannelCard:
        entry = self._tables.directory.get(channel.id)
        _, is_live, viewers, started_at = entry or ("", False, 0, None)
        return ChannelCard(
            channel.id,
            channel.name,
            channel.title,
            channel.category,
            channel.tags,
            channel.language,
            channel.is_mature,
            channel.privacy,
            is_live,
            viewers,
            started_at if is_live else None,
        )


def _order(place: ChannelCard | DirectoryPlace) -> tuple[bool, int, str]:
    channel_id = place.id if isinstance(place, ChannelCard) else place.channel_id
    return not place.is_live, -place.viewers, channel_id.uuid.hex


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
        self._tables = _Tables()

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
