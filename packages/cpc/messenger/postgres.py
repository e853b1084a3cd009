"""Conversations and messages in PostgreSQL, inside a transaction someone else commits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.kernel.errors import NotFound
from cpc.messenger.conversation import (
    Conversation,
    ConversationKind,
    Participant,
    ParticipantRole,
    Posting,
)
from cpc.messenger.identifiers import ConversationId, MessageId, PersonId
from cpc.messenger.message import (
    AppendResult,
    Message,
    MessageDraft,
    TooSoon,
    distinct,
    place,
    with_pauses,
)

metadata = MetaData(schema="messenger")

conversation_table = Table(
    "conversation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("posting", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
)

participant_table = Table(
    "participant",
    metadata,
    Column("conversation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("conversation_id", "person_id"),
    ForeignKeyConstraint(["conversation_id"], ["messenger.conversation.id"]),
)

message_table = Table(
    "message",
    metadata,
    Column("conversation_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("sender_id", Uuid, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("extension", JSONB, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("conversation_id", "seq"),
    UniqueConstraint("conversation_id", "sender_id", "nonce"),
    ForeignKeyConstraint(["conversation_id"], ["messenger.conversation.id"]),
)


class PostgresConversations:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, conversation: Conversation, participants: Sequence[Participant]) -> None:
        await self._connection.execute(
            insert(conversation_table).values(
                id=conversation.id.uuid,
                kind=conversation.kind,
                posting=conversation.posting,
                created_at=conversation.created_at,
            )
        )
        if participants:
            await self._connection.execute(
                insert(participant_table),
                [
                    {
                        "conversation_id": conversation.id.uuid,
                        "person_id": participant.person_id.uuid,
                        "role": participant.role,
                        "joined_at": participant.joined_at,
                    }
                    for participant in participants
                ],
            )

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        found = await self._connection.execute(
            select(conversation_table).where(conversation_table.c.id == conversation_id.uuid)
        )
        row = found.one_or_none()
        if row is None:
            return None
        return Conversation(
            id=conversation_id,
            kind=ConversationKind(row.kind),
            posting=Posting(row.posting),
            created_at=row.created_at,
        )

    async def participant(self, conversation_id: ConversationId, person_id: PersonId) -> Participant | None:
        found = await self._connection.execute(
            select(participant_table).where(
                participant_table.c.conversation_id == conversation_id.uuid,
                participant_table.c.person_id == person_id.uuid,
            )
        )
        row = found.one_or_none()
        if row is None:
            return None
        return Participant(person_id=person_id, role=ParticipantRole(row.role), joined_at=row.joined_at)

    async def remove(self, conversation_id: ConversationId) -> None:
        await self._connection.execute(_LOCK_CONVERSATION, {"conversation_id": conversation_id.uuid})
        for table in (message_table, participant_table):
            await self._connection.execute(
                delete(table).where(table.c.conversation_id == conversation_id.uuid)
            )
        await self._connection.execute(
            delete(conversation_table).where(conversation_table.c.id == conversation_id.uuid)
        )


class PostgresMessages:
    """The lock on the conversation's row is the sequencer: whoever holds it gives out the next seqs."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def append(self, conversation_id: ConversationId, drafts: Sequence[MessageDraft]) -> AppendResult:
        locked = await self._connection.execute(_LOCK_CONVERSATION, {"conversation_id": conversation_id.uuid})
        last_seq = locked.scalar_one_or_none()
        if last_seq is None:
            raise NotFound("no-such-conversation", f"There is no conversation {conversation_id}.")
        # A statement of its own: READ COMMITTED gives it a snapshot taken after the lock, so it sees every
        # message that came before.
        known_rows = await self._connection.execute(
            _KNOWN_NONCES,
            {
                "conversation_id": conversation_id.uuid,
                "sender_ids": [draft.sender_id.uuid for draft in drafts],
                "nonces": [draft.nonce for draft in drafts],
            },
        )
        by_nonce = {(PersonId(row.sender_id), row.nonce): _message(row) for row in known_rows}
        new = [draft for draft in distinct(drafts) if (draft.sender_id, draft.nonce) not in by_nonce]
        paused = {draft.sender_id for draft in new if draft.pause}
        last_sent_at = await self._last_sent_at(conversation_id, paused) if paused else {}
        new, too_soon = with_pauses(new, last_sent_at)
        appended = [place(draft, conversation_id, last_seq + n) for n, draft in enumerate(new, start=1)]
        if appended:
            await self._connection.execute(_INSERT_MESSAGES, [_values(message) for message in appended])
            await self._connection.execute(
                _SET_LAST_SEQ, {"conversation_id": conversation_id.uuid, "seq": last_seq + len(appended)}
            )
        by_nonce |= {(message.sender_id, message.nonce): message for message in appended}
        outcomes: dict[tuple[PersonId, str], Message | TooSoon] = {**by_nonce, **too_soon}
        return AppendResult(
            messages=[outcomes[(draft.sender_id, draft.nonce)] for draft in drafts], appended=appended
        )

    async def _last_sent_at(
        self, conversation_id: ConversationId, senders: Collection[PersonId]
    ) -> dict[PersonId, datetime]:
        rows = await self._connection.execute(
            _LAST_OF_SENDERS,
            {
                "conversation_id": conversation_id.uuid,
                "sender_ids": [sender.uuid for sender in senders],
            },
        )
        return {PersonId(row.sender_id): row.sent_at for row in rows}

    async def before(
        self, conversation_id: ConversationId, before_seq: int | None, limit: int
    ) -> Sequence[Message]:
        newest_first = (
            select(message_table)
            .where(message_table.c.conversation_id == conversation_id.uuid)
            .order_by(message_table.c.seq.desc())
            .limit(limit)
        )
        if before_seq is not None:
            newest_first = newest_first.where(message_table.c.seq < before_seq)
        rows = await self._connection.execute(newest_first)
        return [_message(row) for row in reversed(rows.all())]

    async def after(self, conversation_id: ConversationId, after_seq: int, limit: int) -> Sequence[Message]:
        rows = await self._connection.execute(
            select(message_table)
            .where(message_table.c.conversation_id == conversation_id.uuid, message_table.c.seq > after_seq)
            .order_by(message_table.c.seq)
            .limit(limit)
        )
        return [_message(row) for row in rows]

    async def last_seqs(self, conversation_ids: Sequence[ConversationId]) -> Mapping[ConversationId, int]:
        rows = await self._connection.execute(_LAST_SEQS, {"ids": [id_.uuid for id_ in conversation_ids]})
        return {ConversationId(row.id): row.last_seq for row in rows}

    async def of_sender(
        self, sender_id: PersonId, after: tuple[ConversationId, int] | None, limit: int
    ) -> Sequence[Message]:
        query = (
            select(message_table)
            .where(message_table.c.sender_id == sender_id.uuid)
            .order_by(message_table.c.conversation_id, message_table.c.seq)
            .limit(limit)
        )
        if after is not None:
            place = tuple_(literal(after[0].uuid), literal(after[1]))
            query = query.where(tuple_(message_table.c.conversation_id, message_table.c.seq) > place)
        return [_message(row) for row in await self._connection.execute(query)]

    async def hand_over(
        self, sender_id: PersonId, new_sender_id: PersonId, extension: Mapping[str, object], limit: int
    ) -> int:
        some = (
            select(message_table.c.conversation_id, message_table.c.seq)
            .where(message_table.c.sender_id == sender_id.uuid)
            .limit(limit)
            .cte("some")
        )
        handed_over = await self._connection.execute(
            update(message_table)
            .where(
                message_table.c.conversation_id == some.c.conversation_id,
                message_table.c.seq == some.c.seq,
            )
            .values(
                sender_id=new_sender_id.uuid,
                nonce=cast(message_table.c.id, Text),
                extension=message_table.c.extension.op("||")(literal(dict(extension), JSONB)),
            )
        )
        return handed_over.rowcount

    async def remove_some(self, conversation_id: ConversationId, limit: int) -> int:
        some = (
            select(message_table.c.seq)
            .where(message_table.c.conversation_id == conversation_id.uuid)
            .order_by(message_table.c.seq)
            .limit(limit)
        )
        removed = await self._connection.execute(
            delete(message_table).where(
                message_table.c.conversation_id == conversation_id.uuid, message_table.c.seq.in_(some)
            )
        )
        return removed.rowcount


_LOCK_CONVERSATION = (
    select(conversation_table.c.last_seq)
    .where(conversation_table.c.id == bindparam("conversation_id"))
    .with_for_update()
)

_sent = (
    func.unnest(bindparam("sender_ids", type_=ARRAY(Uuid)), bindparam("nonces", type_=ARRAY(Text)))
    .table_valued("sender_id", "nonce", name="sent")
    .render_derived()
)

_KNOWN_NONCES = (
    select(message_table)
    .join(
        _sent,
        (message_table.c.sender_id == _sent.c.sender_id) & (message_table.c.nonce == _sent.c.nonce),
    )
    .where(message_table.c.conversation_id == bindparam("conversation_id"))
)

_asked = (
    func.unnest(bindparam("sender_ids", type_=ARRAY(Uuid)))
    .table_valued("sender_id", name="asked")
    .render_derived()
)

# For each a look at the end of the index by sender, however much they have said.
_last = (
    select(message_table.c.sent_at)
    .where(
        message_table.c.conversation_id == bindparam("conversation_id"),
        message_table.c.sender_id == _asked.c.sender_id,
    )
    .order_by(message_table.c.seq.desc())
    .limit(1)
    .lateral("last")
)

_LAST_OF_SENDERS = select(_asked.c.sender_id, _last.c.sent_at).select_from(_asked.join(_last, true()))

_INSERT_MESSAGES = insert(message_table)

_SET_LAST_SEQ = (
    update(conversation_table)
    .where(conversation_table.c.id == bindparam("conversation_id"))
    .values(last_seq=bindparam("seq"))
)

_LAST_SEQS = select(conversation_table.c.id, conversation_table.c.last_seq).where(
    conversation_table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)


def _values(message: Message) -> dict[str, object]:
    return {
        "conversation_id": message.conversation_id.uuid,
        "seq": message.seq,
        "id": message.id.uuid,
        "sender_id": message.sender_id.uuid,
        "nonce": message.nonce,
        "body": message.body,
        "extension": dict(message.extension),
        "sent_at": message.sent_at,
    }


def _message(row: Row[tuple[object, ...]]) -> Message:
    return Message(
        conversation_id=ConversationId(row.conversation_id),
        seq=row.seq,
        id=MessageId(row.id),
        sender_id=PersonId(row.sender_id),
        nonce=row.nonce,
        body=row.body,
        sent_at=row.sent_at,
        extension=row.extension,
    )
