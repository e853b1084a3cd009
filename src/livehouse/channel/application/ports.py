"""What the channel slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Protocol, Self

from cpc.eventbus.envelope import Outbox
from cpc.images.image import ImageName
from cpc.images.ports import ImagesInDoubt
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.content_ports import AboutStore, ScheduleStore
from livehouse.channel.application.discovery_ports import Categories, Directory, StatisticsStore
from livehouse.channel.contract import ChannelId, ChannelName
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
    def categories(self) -> Categories: ...

    @property
    def statistics(self) -> StatisticsStore: ...

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
