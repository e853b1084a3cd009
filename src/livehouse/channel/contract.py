"""What other slices may know of channels: ids, names and a read facade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId, AccountName


class ChannelId(EntityId):
    prefix: ClassVar[str] = "chn"


class ChannelName(AccountName):
    """A channel bears the name of its account; its page lives at /{name}."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel as other slices see it."""

    id: ChannelId
    owner_id: AccountId
    name: ChannelName
    title: str


class Channels(Protocol):
    """Read facade: finds channels. Raises `NotFound` (slug `no-such-channel`)."""

    async def by_name(self, name: str) -> ChannelRef:
        """`name` in any case; a malformed one is simply not found."""
        ...

    async def by_id(self, channel_id: ChannelId) -> ChannelRef: ...

    async def by_owner(self, owner_id: AccountId) -> ChannelRef: ...
