"""What other slices may know of channels: ids, names, a read facade, and the events of their life."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.integration_event import IntegrationEvent
from cpc.images.image import ImageName
from cpc.kernel.errors import Invalid
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Privacy
from livehouse.accounts.contract import AccountId, AccountName, AdministratorDeed

__all__ = [
    "ChannelCard",
    "ChannelCards",
    "ChannelChanged",
    "ChannelCreated",
    "ChannelDeleted",
    "ChannelEvent",
    "ChannelId",
    "ChannelName",
    "ChannelRef",
    "ChannelReinstated",
    "ChannelRenamed",
    "ChannelRoleChanged",
    "ChannelSuspended",
    "Channels",
    "ChatModes",
    "Privacy",
]

MAX_SLOW_MODE_S = 1_800
MAX_FOLLOWED_MIN = 90 * 24 * 60


class ChannelId(EntityId):
    prefix: ClassVar[str] = "chn"


class CategoryId(EntityId):
    """What a broadcast is about: a row of the categories that administrators keep."""

    prefix: ClassVar[str] = "cat"


class ChannelName(AccountName):
    """A channel bears the name of its account; its page lives at /{name}."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatModes:
    """What a chat asks of those who write. Owner, editors, moderators and VIPs are not held to it.

    slow_mode_s: pause between two messages of one person; 0: none.
    followers_only_min: so long one must have followed; 0: from the first moment; None: one need not.
    Raises `Invalid` (slow-mode-range, followers-only-range).
    """

    slow_mode_s: int = 0
    followers_only_min: int | None = None
    members_only: bool = False
    emotes_only: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.slow_mode_s <= MAX_SLOW_MODE_S:
            raise Invalid("slow-mode-range", f"Slow mode waits 0 to {MAX_SLOW_MODE_S} seconds.")
        if self.followers_only_min is not None and not 0 <= self.followers_only_min <= MAX_FOLLOWED_MIN:
            raise Invalid(
                "followers-only-range",
                f"Followers-only mode asks for 0 to {MAX_FOLLOWED_MIN} minutes (90 days), or is off.",
            )


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel as other slices see it. language: as in RFC 5646 section 2.2.1, empty where none was said."""

    id: ChannelId
    owner_id: AccountId
    name: ChannelName
    title: str
    privacy: Privacy = Privacy.PUBLIC
    is_suspended: bool = False
    language: str = ""
    chat_modes: ChatModes = ChatModes()


class Channels(Protocol):
    """Read facade: finds channels. Raises `NotFound` (slug `no-such-channel`)."""

    async def by_name(self, name: str) -> ChannelRef:
        """`name` in any case; a malformed one is simply not found."""
        ...

    async def by_id(self, channel_id: ChannelId) -> ChannelRef: ...

    async def by_owner(self, owner_id: AccountId) -> ChannelRef: ...

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelRef]:
        """Raises nothing: those that are not there are left out."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """A channel in a list. started_at: of the running broadcast, None when offline. avatar: of the owner.
    display_name: the name in the letters the owner likes; empty: not known.
    """

    id: ChannelId
    owner_id: AccountId
    name: ChannelName
    title: str
    category: str
    category_slug: str | None
    tags: tuple[str, ...]
    language: str
    is_mature: bool
    privacy: Privacy
    is_live: bool
    viewers: int
    started_at: datetime | None
    avatar: ImageName | None = None
    display_name: str = ""

    @property
    def shown_name(self) -> str:
        return self.display_name or self.name.value


class ChannelCards(Protocol):
    """Read facade: channels for a list that another slice makes."""

    async def of(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelCard]:
        """In so many looks however many they are. Those that are gone or suspended now are left out; unlisted
        ones are not."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelEvent(IntegrationEvent):
    """Integration event: something happened to a channel. version: of the channel, after it."""

    namespace = "livehouse.channel"
    area = "channel"
    source = "/livehouse/channel"

    channel_id: ChannelId
    owner_id: AccountId
    name: ChannelName
    version: int

    @property
    def partition_key(self) -> str:
        return str(self.channel_id)

    @property
    def subject(self) -> str:
        """Ends in the bare digits of the id."""
        return f"{self.area}.{self.kind}.{self.channel_id.uuid.hex}"

    @staticmethod
    def channel_of(event: CloudEvent) -> ChannelId:
        return ChannelId.parse(str(event.data["channel_id"]))


class ChannelCreated(ChannelEvent):
    __slots__ = ()
    kind = "ChannelCreated.v1"


class ChannelChanged(ChannelEvent):
    """Title, category or a setting, or when it will be erased. What it is now, is read from the channel."""

    __slots__ = ()
    kind = "ChannelChanged.v1"


class ChannelDeleted(ChannelEvent):
    """A channel is gone. Whoever keeps something of it erases that too."""

    __slots__ = ()
    kind = "ChannelDeleted.v1"


@dataclass(frozen=True, slots=True)
class ChannelRenamed(ChannelEvent):
    """`name` is the new one."""

    kind = "ChannelRenamed.v1"

    former_name: ChannelName


@dataclass(frozen=True, slots=True)
class ChannelRoleChanged(ChannelEvent):
    """role: editor, moderator or vip; None when it was taken away."""

    kind = "ChannelRoleChanged.v1"

    account_id: AccountId
    role: str | None


@dataclass(frozen=True, slots=True)
class _AdministratorsDeed(ChannelEvent):
    """by: the administrator."""

    what: ClassVar[str]

    by_id: AccountId
    by_name: AccountName | None
    reason: str

    @classmethod
    def deed(cls, event: CloudEvent) -> AdministratorDeed:
        """For the audit log. The event again makes the same one."""
        data = event.data
        return AdministratorDeed(
            id=event.id,
            at=event.time,
            by=AccountId.parse(str(data["by_id"])),
            by_name=None if data["by_name"] is None else AccountName(str(data["by_name"])),
            what=cls.what,
            subject=str(data["channel_id"]),
            subject_name=str(data["name"]),
            reason=str(data["reason"]),
        )


class ChannelSuspended(_AdministratorsDeed):
    __slots__ = ()
    kind = "ChannelSuspended.v1"
    what = "suspend_channel"


class ChannelReinstated(_AdministratorsDeed):
    __slots__ = ()
    kind = "ChannelReinstated.v1"
    what = "reinstate_channel"
