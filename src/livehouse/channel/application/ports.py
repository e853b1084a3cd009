"""What the channel slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from cpc.eventbus.envelope import Outbox
from cpc.images.image import ImageName
from cpc.images.ports import ImagesInDoubt
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.content_ports import AboutStore, ScheduleStore
from livehouse.channel.contract import ChannelId, ChannelName, Privacy
from livehouse.channel.domain.channel import Channel


class ChannelStore(Protocol):
    async def add(self, channel: Channel) -> bool:
        """False when the owner has a channel already or the name is taken; nothing is changed then."""
        ...

    async def by_id(self, channel_id: ChannelId) -> Channel | None: ...

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None:
        """for_update: no other unit of work may change it until this one ends."""
        ...

    async def by_owner(self, owner_id: AccountId) -> Channel | None: ...

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        """Those that are there, in any order."""
        ...

    async def save(self, channel: Channel) -> None: ...


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """A channel in a list. started_at: of the running broadcast, None when offline."""

    id: ChannelId
    name: ChannelName
    title: str
    category: str
    tags: tuple[str, ...]
    language: str
    is_mature: bool
    privacy: Privacy
    is_live: bool
    viewers: int
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class DirectoryPlace:
    """The last card one has seen; the next page begins after it."""

    is_live: bool
    viewers: int
    channel_id: ChannelId


class Directory(Protocol):
    """The read model of what is live. Filled by events of streaming; broadcast ids are opaque here."""

    async def broadcast_started(
        self, channel_id: ChannelId, broadcast_id: str, started_at: datetime
    ) -> None: ...

    async def broadcast_ended(self, channel_id: ChannelId, broadcast_id: str) -> None:
        """Nothing happens when another broadcast runs by now."""
        ...

    async def viewers_counted(self, channel_id: ChannelId, broadcast_id: str, viewers: int) -> None: ...

    async def page(
        self, *, live_only: bool, after: DirectoryPlace | None, limit: int, now: datetime
    ) -> Sequence[ChannelCard]:
        """Live ones first, most watched first; by id among equals. Unlisted ones and those suspended now
        are left out."""
        ...


class Banners(Protocol):
    async def of(self, channel_id: ChannelId) -> ImageName | None: ...

    async def replace(self, channel_id: ChannelId, image: ImageName | None) -> ImageName | None:
        """The one that was there."""
        ...

    async def among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        """Those that are any channel's banner."""
        ...


class UnitOfWork(Protocol):
    """Commits on a clean exit, rolls back on an exception."""

    @property
    def channels(self) -> ChannelStore: ...

    @property
    def directory(self) -> Directory: ...

    @property
    def about(self) -> AboutStore: ...

    @property
    def schedule(self) -> ScheduleStore: ...

    @property
    def banners(self) -> Banners: ...

    @property
    def images_in_doubt(self) -> ImagesInDoubt: ...

    @property
    def outbox(self) -> Outbox: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]
