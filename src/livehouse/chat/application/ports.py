"""What the chat slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cpc.eventbus.envelope import Transaction
from cpc.messenger.identifiers import ConversationId
from cpc.messenger.message import Message
from cpc.messenger.ports import Conversations, Messages
from livehouse.channel.contract import ChannelId
from livehouse.chat.domain.chat_room import ChatRoom


class ChatRooms(Protocol):
    """Which conversation is which channel's chat room."""

    async def conversation_of(self, channel_id: ChannelId) -> ConversationId | None: ...

    async def claim(self, channel_id: ChannelId, conversation_id: ConversationId) -> bool:
        """Make it the channel's room. False when the channel has got one meanwhile."""
        ...

    async def channel_of(self, conversation_id: ConversationId) -> ChannelId | None: ...

    async def remove(self, channel_id: ChannelId) -> None: ...


class UnitOfWork(Transaction, Protocol):
    @property
    def rooms(self) -> ChatRooms: ...

    @property
    def conversations(self) -> Conversations: ...

    @property
    def messages(self) -> Messages: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]


class CommittedMessages(Protocol):
    """Told of each batch once it is safe in the database: the gateway's way to the sockets. Must not
    raise.
    """

    def __call__(self, room: ChatRoom, messages: Sequence[Message]) -> None: ...


class CommitMeter(Protocol):
    def __call__(self, *, messages: int, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class BroadcastState:
    """What chat shows of the channel's broadcast. state: live, interrupted or offline. started_at: RFC
    3339.
    """

    state: str = "offline"
    viewers: int = 0
    started_at: str | None = None
    title: str = ""


class CurrentBroadcast(Protocol):
    """The state right now, for a room that opens between two announcements. Raises `Unavailable`."""

    async def __call__(self, channel_id: ChannelId) -> BroadcastState: ...
