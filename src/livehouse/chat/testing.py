"""In-memory fakes of the chat slice; they pass the same contract suite as the PostgreSQL adapters."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.testing import RecordingOutbox
from cpc.kernel.errors import Unavailable
from cpc.messenger.identifiers import ConversationId
from cpc.messenger.memory import InMemoryConversations, InMemoryMessages
from livehouse.channel.contract import ChannelId
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


class InMemoryChatStore:
    """Hands out units of work on one memory. `is_away`: every one fails as if the database were down."""

    def __init__(self) -> None:
        self.rooms = InMemoryChatRooms()
        self.conversations = InMemoryConversations()
        self.messages = InMemoryMessages(self.conversations)
        self.events: list[CloudEvent] = []
        self.outbox = RecordingOutbox(self.events)
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
