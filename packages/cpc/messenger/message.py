"""A message before and after it has its place in the conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cpc.kernel.errors import Invalid
from cpc.messenger.identifiers import ConversationId, MessageId, PersonId

_NONCE = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message on its way in.

    nonce: chosen by the sender, 1 to 64 visible ASCII characters; the same nonce again is the same message,
    so a send may be repeated after a lost connection.
    extension: a JSON object of the application's own.
    pause: so long before it its sender must have sent nothing to the conversation.
    """

    id: MessageId
    sender_id: PersonId
    nonce: str
    body: str
    sent_at: datetime
    extension: Mapping[str, object] = field(default_factory=dict)
    pause: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if not _NONCE.fullmatch(self.nonce):
            raise Invalid("malformed-nonce", "A nonce has 1 to 64 visible ASCII characters.")


@dataclass(frozen=True, slots=True)
class Message:
    """seq: 1, 2, 3 … in each conversation, without a gap."""

    conversation_id: ConversationId
    seq: int
    id: MessageId
    sender_id: PersonId
    nonce: str
    body: str
    sent_at: datetime
    extension: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TooSoon:
    """What a draft makes instead of a message when its pause is not over. wait: what is left of it."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of a batch.

    messages: one for each draft, in the order given; a repeated draft has the message it made the first time.
    appended: the new ones among them, in order of seq.
    """

    messages: Sequence[Message | TooSoon]
    appended: Sequence[Message]


def distinct(drafts: Sequence[MessageDraft]) -> list[MessageDraft]:
    """The first draft of each (sender, nonce)."""
    first: dict[tuple[PersonId, str], MessageDraft] = {}
    for draft in drafts:
        first.setdefault((draft.sender_id, draft.nonce), draft)
    return list(first.values())


def with_pauses(
    drafts: Sequence[MessageDraft], last_sent_at: Mapping[PersonId, datetime]
) -> tuple[list[MessageDraft], dict[tuple[PersonId, str], TooSoon]]:
    """Those whose pause is over, and by sender and nonce those that come too soon. last_sent_at: of those
    senders who have sent before and are held to a pause.
    """
    kept, too_soon, last = [], {}, dict(last_sent_at)
    for draft in drafts:
        before = last.get(draft.sender_id)
        wait = timedelta(0) if before is None else before + draft.pause - draft.sent_at
        if draft.pause and wait > timedelta(0):
            too_soon[draft.sender_id, draft.nonce] = TooSoon(wait)
        else:
            kept.append(draft)
            last[draft.sender_id] = draft.sent_at
    return kept, too_soon


def place(draft: MessageDraft, conversation_id: ConversationId, seq: int) -> Message:
    return Message(
        conversation_id=conversation_id,
        seq=seq,
        id=draft.id,
        sender_id=draft.sender_id,
        nonce=draft.nonce,
        body=draft.body,
        sent_at=draft.sent_at,
        extension=draft.extension,
    )
