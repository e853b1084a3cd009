"""What the chat engine needs from storage and from the network between gateways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from cpc.messenger.conversation import Conversation, Participant
from cpc.messenger.identifiers import ConversationId, PersonId
from cpc.messenger.message import AppendResult, Message, MessageDraft


class Conversations(Protocol):
    async def add(self, conversation: Conversation, participants: Sequence[Participant]) -> None: ...

    async def get(self, conversation_id: ConversationId) -> Conversation | None: ...

    async def participant(
        self, conversation_id: ConversationId, person_id: PersonId
    ) -> Participant | None: ...

    async def remove(self, conversation_id: ConversationId) -> None:
        """With its participants, and the messages that are left in it."""
        ...


class Messages(Protocol):
    async def append(self, conversation_id: ConversationId, drafts: Sequence[MessageDraft]) -> AppendResult:
        """Give the drafts the next seqs, in order, in the running transaction.

        Until it ends, appends to the same conversation from elsewhere wait, so a reader sees seqs without
        gaps. A draft whose (sender, nonce) is known already makes no second message, one before the end of
        its pause none at all. Raises `NotFound` when there is no such conversation.
        """
        ...

    async def before(
        self, conversation_id: ConversationId, before_seq: int | None, limit: int
    ) -> Sequence[Message]:
        """The last `limit` messages with seq < before_seq (None: the newest), oldest first."""
        ...

    async def after(self, conversation_id: ConversationId, after_seq: int, limit: int) -> Sequence[Message]:
        """The first `limit` messages with seq > after_seq, oldest first."""
        ...

    async def last_seqs(self, conversation_ids: Sequence[ConversationId]) -> Mapping[ConversationId, int]:
        """The newest seq of each conversation that exists; 0 when it is empty."""
        ...

    async def of_sender(
        self, sender_id: PersonId, after: tuple[ConversationId, int] | None, limit: int
    ) -> Sequence[Message]:
        """By conversation and seq. after: conversation and seq of the last one seen."""
        ...

    async def hand_over(
        self, sender_id: PersonId, new_sender_id: PersonId, extension: Mapping[str, object], limit: int
    ) -> int:
        """Up to `limit` messages of one sender become another's; how many. extension: put over theirs.

        Their nonces become their ids, so that those of several senders cannot meet.
        """
        ...

    async def remove_some(self, conversation_id: ConversationId, limit: int) -> int:
        """Up to `limit` messages go; how many. For a conversation that goes as a whole: seqs get a gap."""
        ...


class MessageSubscription(Protocol):
    async def close(self) -> None: ...


class MessageBroadcast(Protocol):
    """Carries committed batches to every other gateway. It may lose, repeat and reorder them: seq tells."""

    async def publish(self, subject: str, payload: bytes) -> None: ...

    async def subscribe(self, subject: str, on_payload: Callable[[bytes], None]) -> MessageSubscription: ...

    def on_reconnected(self, callback: Callable[[], None]) -> None:
        """Call back whenever payloads may have been missed while the connection was away."""
        ...
