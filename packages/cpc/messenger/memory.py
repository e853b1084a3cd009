"""The chat engine's storage and network in memory: for tests and for trying things out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cpc.kernel.errors import NotFound
from cpc.messenger.conversation import Conversation, Participant
from cpc.messenger.identifiers import ConversationId, PersonId
from cpc.messenger.message import (
    AppendResult,
    Message,
    MessageDraft,
    TooSoon,
    distinct,
    place,
    with_pauses,
)


class InMemoryConversations:
    def __init__(self) -> None:
        self._conversations: dict[ConversationId, Conversation] = {}
        self._participants: dict[tuple[ConversationId, PersonId], Participant] = {}
        self.on_removed: list[Callable[[ConversationId], None]] = []

    async def add(self, conversation: Conversation, participants: Sequence[Participant]) -> None:
        self._conversations[conversation.id] = conversation
        for participant in participants:
            self._participants[(conversation.id, participant.person_id)] = participant

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        return self._conversations.get(conversation_id)

    async def participant(self, conversation_id: ConversationId, person_id: PersonId) -> Participant | None:
        return self._participants.get((conversation_id, person_id))

    async def remove(self, conversation_id: ConversationId) -> None:
        self._conversations.pop(conversation_id, None)
        for key in [key for key in self._participants if key[0] == conversation_id]:
            del self._participants[key]
        for forget in self.on_removed:
            forget(conversation_id)


class InMemoryMessages:
    """One event loop only, so no append can fall between the steps of another."""

    def __init__(self, conversations: InMemoryConversations) -> None:
        self._conversations = conversations
        self._messages: dict[ConversationId, list[Message]] = {}
        self._by_nonce: dict[tuple[ConversationId, PersonId, str], Message] = {}
        conversations.on_removed.append(self._forget)

    async def append(self, conversation_id: ConversationId, drafts: Sequence[MessageDraft]) -> AppendResult:
        if await self._conversations.get(conversation_id) is None:
            raise NotFound("no-such-conversation", f"There is no conversation {conversation_id}.")
        messages = self._messages.setdefault(conversation_id, [])
        new = [
            draft
            for draft in distinct(drafts)
            if (conversation_id, draft.sender_id, draft.nonce) not in self._by_nonce
        ]
        new, too_soon = with_pauses(new, {message.sender_id: message.sent_at for message in messages})
        appended = [place(draft, conversation_id, len(messages) + n) for n, draft in enumerate(new, start=1)]
        messages += appended
        for message in appended:
            self._by_nonce[(conversation_id, message.sender_id, message.nonce)] = message
        outcomes: list[Message | TooSoon] = []
        for draft in drafts:
            outcome = too_soon.get((draft.sender_id, draft.nonce))
            outcomes.append(outcome or self._by_nonce[(conversation_id, draft.sender_id, draft.nonce)])
        return AppendResult(messages=outcomes, appended=appended)

    async def before(
        self, conversation_id: ConversationId, before_seq: int | None, limit: int
    ) -> Sequence[Message]:
        messages = self._messages.get(conversation_id, [])
        end = len(messages) if before_seq is None else min(max(before_seq - 1, 0), len(messages))
        return messages[max(end - limit, 0) : end]

    async def after(self, conversation_id: ConversationId, after_seq: int, limit: int) -> Sequence[Message]:
        start = max(after_seq, 0)
        return self._messages.get(conversation_id, [])[start : start + limit]

    async def last_seqs(self, conversation_ids: Sequence[ConversationId]) -> Mapping[ConversationId, int]:
        found = [id_ for id_ in conversation_ids if await self._conversations.get(id_) is not None]
        return {id_: len(self._messages.get(id_, [])) for id_ in found}

    async def of_sender(
        self, sender_id: PersonId, after: tuple[ConversationId, int] | None, limit: int
    ) -> Sequence[Message]:
        mine = [
            message
            for conversation_id in sorted(self._messages)
            for message in self._messages[conversation_id]
            if message.sender_id == sender_id
        ]
        return [one for one in mine if after is None or (one.conversation_id, one.seq) > after][:limit]

    async def hand_over(
        self, sender_id: PersonId, new_sender_id: PersonId, extension: Mapping[str, object], limit: int
    ) -> int:
        some = await self.of_sender(sender_id, None, limit)
        for old in some:
            new = replace(
                old,
                sender_id=new_sender_id,
                nonce=str(old.id.uuid),
                extension={**old.extension, **extension},
            )
            messages = self._messages[old.conversation_id]
            messages[messages.index(old)] = new
            del self._by_nonce[(old.conversation_id, old.sender_id, old.nonce)]
            self._by_nonce[(new.conversation_id, new.sender_id, new.nonce)] = new
        return len(some)

    async def remove_some(self, conversation_id: ConversationId, limit: int) -> int:
        some = self._messages.get(conversation_id, [])[:limit]
        self._messages[conversation_id] = self._messages.get(conversation_id, [])[limit:]
        for message in some:
            del self._by_nonce[(conversation_id, message.sender_id, message.nonce)]
        return len(some)

    def _forget(self, conversation_id: ConversationId) -> None:
        for message in self._messages.pop(conversation_id, []):
            del self._by_nonce[(conversation_id, message.sender_id, message.nonce)]


class InMemoryMessageBroadcast:
    """Delivers at once, to every subscriber of the subject."""

    def __init__(self) -> None:
        self._subscribers: dict[str, list[Callable[[bytes], None]]] = {}

    async def publish(self, subject: str, payload: bytes) -> None:
        for on_payload in list(self._subscribers.get(subject, [])):
            on_payload(payload)

    async def subscribe(
        self, subject: str, on_payload: Callable[[bytes], None]
    ) -> _InMemoryMessageSubscription:
        subscribers = self._subscribers.setdefault(subject, [])
        subscribers.append(on_payload)
        return _InMemoryMessageSubscription(subscribers, on_payload)

    def on_reconnected(self, callback: Callable[[], None]) -> None:
        """It never loses its connection."""


class _InMemoryMessageSubscription:
    def __init__(
        self, subscribers: list[Callable[[bytes], None]], on_payload: Callable[[bytes], None]
    ) -> None:
        self._subscribers = subscribers
        self._on_payload = on_payload

    async def close(self) -> None:
        if self._on_payload in self._subscribers:
            self._subscribers.remove(self._on_payload)
