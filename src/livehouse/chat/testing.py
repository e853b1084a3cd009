"""In-memory fakes of the chat slice; they pass the same contract suite as the PostgreSQL adapters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Self

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.errors import NotFound, Unavailable
from cpc.messenger.identifiers import ConversationId
from cpc.messenger.memory import InMemoryConversations, InMemoryMessages
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.channel.contract import ChannelId, ChannelRef
from livehouse.chat.application.ports import UnitOfWork


class InMemoryChatRooms:
    def __init__(self) -> None:
        self._rooms: dict[ChannelId, ConversationId] = {}

    async def conversation_of(self, channel_id: ChannelId) -> ConversationId | None:
        return self._rooms.get(channel_id)

    async def claim(self, channel_id: ChannelId, conversation_id: ConversationId) -> bool:
        return self._rooms.setdefault(channel_id, conversation_id) == conversation_id

    async def channel_of(self, conversation_id: ConversationId) -> ChannelId | None:
        return next((channel for channel, one in self._rooms.items() if one == conversation_id), None)

    async def remove(self, channel_id: ChannelId) -> None:
        self._rooms.pop(channel_id, None)


class InMemoryOutbox:
    def __init__(self) -> None:
        self.events: list[CloudEvent] = []

    def publish(self, event: CloudEvent) -> None:
        self.events.append(event)


class InMemoryChatStore:
    """Hands out units of work on one memory. `is_away`: every one fails as if the database were down."""

    def __init__(self) -> None:
        self.rooms = InMemoryChatRooms()
        self.conversations = InMemoryConversations()
        self.messages = InMemoryMessages(self.conversations)
        self.outbox = InMemoryOutbox()
        self.is_away = False
        self.units_of_work = 0

    def __call__(self) -> UnitOfWork:
        return _InMemoryUnitOfWork(self)


class _InMemoryUnitOfWork:
    def __init__(self, store: InMemoryChatStore) -> None:
        self._store = store
        self.rooms = store.rooms
        self.conversations = store.conversations
        self.messages = store.messages
        self.outbox = store.outbox

    async def __aenter__(self) -> Self:
        if self._store.is_away:
            raise Unavailable("database-away", "The database is away for the moment. Try again shortly.")
        self._store.units_of_work += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class InMemoryChannels:
    """The read facade of the channel slice."""

    def __init__(self, *channels: ChannelRef) -> None:
        self._channels = list(channels)

    def add(self, channel: ChannelRef) -> None:
        self._channels.append(channel)

    async def by_name(self, name: str) -> ChannelRef:
        for channel in self._channels:
            if str(channel.name) == str(AccountName.parse(name)):
                return channel
        raise NotFound("no-such-channel", f"There is no channel '{name}'.")

    async def by_id(self, channel_id: ChannelId) -> ChannelRef:
        for channel in self._channels:
            if channel.id == channel_id:
                return channel
        raise NotFound("no-such-channel", f"There is no channel {channel_id}.")

    async def by_owner(self, owner_id: AccountId) -> ChannelRef:
        for channel in self._channels:
            if channel.owner_id == owner_id:
                return channel
        raise NotFound("no-such-channel", f"There is no channel of {owner_id}.")

    async def by_ids(self, channel_ids: Collection[ChannelId]) -> Mapping[ChannelId, ChannelRef]:
        return {channel.id: channel for channel in self._channels if channel.id in channel_ids}
