"""What the channel slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cpc.eventbus.envelope import Transaction
from cpc.images.image import ImageName
from cpc.images.ports import ImagesInDoubt
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.content_ports import AboutStore, ScheduleStore
from livehouse.channel.application.discovery_ports import Categories, Directory, StatisticsStore
from livehouse.channel.contract import ChannelId, ChannelName
from livehouse.channel.domain.channel import Channel, ChannelState
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant


class ChannelStore(Protocol):
    async def add(self, channel: Channel) -> bool:
        """False when the owner has a channel already or the name is taken; nothing is changed then."""
        ...

    async def by_id(self, channel_id: ChannelId, *, for_update: bool = False) -> Channel | None:
        """for_update: no other unit of work may change it until this one ends."""
        ...

    async def with_banner(self, name: ChannelName) -> tuple[Channel, ImageName | None] | None:
        """In one look."""
        ...

    async def by_name(self, name: ChannelName, *, for_update: bool = False) -> Channel | None: ...

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Sequence[Channel]:
        """Those that are there, in any order."""
        ...

    async def by_former_name(self, name: ChannelName) -> Channel | None:
        """One that bore the name not long ago."""
        ...

    async def by_owner(self, owner_id: AccountId, *, for_update: bool = False) -> Channel | None: ...

    async def with_role(
        self, channel_id: ChannelId, account_id: AccountId | None
    ) -> tuple[Channel, ChannelRole | None] | None:
        """The channel with what the account was made there."""
        ...

    async def page(
        self, *, prefix: str, state: ChannelState | None, now: datetime, after: ChannelName | None, limit: int
    ) -> Sequence[Channel]:
        """All there are, by name. prefix: what names begin with."""
        ...

    async def save(self, channel: Channel) -> None:
        """All but id, owner and creation."""
        ...

    async def note_former_name(self, name: ChannelName, channel_id: ChannelId, until: datetime) -> None: ...

    async def forget_former_name(self, name: ChannelName) -> None: ...

    async def forget_former_names_until(self, now: datetime) -> None: ...

    async def due_for_deletion(self, now: datetime) -> Channel | None:
        """One that no other unit of work is about to erase; no suspended one, or whoever was suspended would
        be rid of it."""
        ...

    async def erase(self, channel: Channel, at: datetime) -> None:
        """With all that hangs on it. That its owner had one is noted."""
        ...

    async def was_erased(self, owner_id: AccountId) -> bool:
        """Whether the owner had a channel that was erased, and none since."""
        ...

    async def forget_owner(self, owner_id: AccountId) -> None:
        """Also that they had one."""
        ...


@dataclass(frozen=True, slots=True)
class RolePlace:
    """The last one of a page of roles."""

    role: ChannelRole
    account_id: AccountId


class RoleStore(Protocol):
    async def put(self, grant: RoleGrant) -> None:
        """Replaces what the account was before."""
        ...

    async def remove(self, channel_id: ChannelId, account_id: AccountId) -> bool: ...

    async def remove_all(self, account_id: AccountId) -> None: ...

    async def of(self, channel_id: ChannelId, account_id: AccountId) -> RoleGrant | None: ...

    async def count(self, channel_id: ChannelId) -> int: ...

    async def page(
        self, channel_id: ChannelId, *, after: RolePlace | None, limit: int
    ) -> Sequence[RoleGrant]:
        """By role, then by account."""
        ...

    async def held_by(
        self, account_id: AccountId, *, after: ChannelId | None, limit: int
    ) -> Sequence[tuple[Channel, ChannelRole]]:
        """By channel id."""
        ...


class Banners(Protocol):
    async def of(self, channel_id: ChannelId) -> ImageName | None: ...

    async def replace(self, channel_id: ChannelId, image: ImageName | None) -> ImageName | None:
        """The one that was there."""
        ...

    async def among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        """Those that are any channel's banner."""
        ...


class UnitOfWork(Transaction, Protocol):
    @property
    def channels(self) -> ChannelStore: ...

    @property
    def roles(self) -> RoleStore: ...

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


UnitOfWorkFactory = Callable[[], UnitOfWork]
