"""What every storage of conversations must do; the fake and PostgreSQL pass the same suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import SystemClock
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import UuidV7Ids
from cpc.messenger.conversation import Conversation, ConversationKind, Participant, ParticipantRole, Posting
from cpc.messenger.identifiers import ConversationId, MessageId, PersonId
from cpc.messenger.memory import InMemoryConversations, InMemoryMessages
from cpc.messenger.message import MessageDraft, TooSoon
from cpc.messenger.ports import Conversations, Messages
from cpc.messenger.postgres import PostgresConversations, PostgresMessages
from livehouse.main.wiring.persistence import build_engine

Store = tuple[Conversations, Messages]
Transactions = Callable[[], AbstractAsyncContextManager[Store]]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ids = UuidV7Ids(SystemClock())
PEOPLE = [PersonId(ids.uuid()) for _ in range(4)]


@pytest.fixture
def transaction(engine: AsyncEngine | None) -> Transactions:
    if engine is None:
        conversations = InMemoryConversations()
        messages = InMemoryMessages(conversations)

        @asynccontextmanager
        async def in_memory() -> AsyncIterator[Store]:
            yield conversations, messages

        return in_memory

    @asynccontextmanager
    async def in_postgres() -> AsyncIterator[Store]:
        async with engine.begin() as connection:
            yield PostgresConversations(connection), PostgresMessages(connection)

    return in_postgres


async def _conversation(transaction: Transactions) -> ConversationId:
    conversation = Conversation(ConversationId(ids.uuid()), ConversationKind.GROUP, Posting.EVERYONE, NOW)
    async with transaction() as (conversations, _):
        await conversations.add(conversation, [Participant(PEOPLE[0], ParticipantRole.OWNER, NOW)])
    return conversation.id


def _draft(nonce: str, sender: int = 0, body: str = "hello") -> MessageDraft:
    return MessageDraft(
        MessageId(ids.uuid()), PEOPLE[sender], nonce, body, NOW, {"fragments": [{"text": body}]}
    )


async def _append(transaction: Transactions, id_: ConversationId, drafts: Sequence[MessageDraft]) -> Any:
    async with transaction() as (_, messages):
        return await messages.append(id_, drafts)


async def test_a_conversation_is_found_with_its_participants(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    async with transaction() as (conversations, _):
        found = await conversations.get(id_)
        assert found == Conversation(id_, ConversationKind.GROUP, Posting.EVERYONE, NOW)
        assert await conversations.participant(id_, PEOPLE[0]) == Participant(
            PEOPLE[0], ParticipantRole.OWNER, NOW
        )
        assert await conversations.participant(id_, PEOPLE[1]) is None
        assert await conversations.get(ConversationId(ids.uuid())) is None


async def test_messages_come_back_as_they_went_in(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    draft = _draft("n1", body="Grüße \U0001f600 <b>")
    result = await _append(transaction, id_, [draft])
    async with transaction() as (_, messages):
        (read,) = await messages.before(id_, None, 10)
    assert read == result.messages[0] == result.appended[0]
    assert (read.seq, read.id, read.sender_id, read.nonce) == (1, draft.id, PEOPLE[0], "n1")
    assert (read.body, read.sent_at, read.extension) == (draft.body, NOW, draft.extension)


async def test_a_batch_takes_the_next_seqs_in_order(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    await _append(transaction, id_, [_draft("a"), _draft("b")])
    result = await _append(transaction, id_, [_draft("c"), _draft("d"), _draft("e")])
    assert [message.seq for message in result.messages] == [3, 4, 5]
    assert [message.nonce for message in result.appended] == ["c", "d", "e"]


async def test_a_nonce_of_the_same_sender_is_one_message(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    first = (await _append(transaction, id_, [_draft("a", body="first")])).messages[0]
    result = await _append(
        transaction, id_, [_draft("b"), _draft("a", body="again"), _draft("b"), _draft("a", sender=1)]
    )
    assert result.messages[1] == first
    assert result.messages[0] == result.messages[2]
    assert [message.seq for message in result.messages] == [2, 1, 2, 3]
    assert [message.seq for message in result.appended] == [2, 3]


async def test_a_draft_before_the_end_of_its_pause_makes_no_message(transaction: Transactions) -> None:
    id_, other = await _conversation(transaction), await _conversation(transaction)

    def paused(nonce: str, at_s: int, sender: int = 0) -> MessageDraft:
        draft = _draft(nonce, sender)
        return replace(draft, sent_at=NOW + timedelta(seconds=at_s), pause=timedelta(seconds=30))

    await _append(transaction, other, [paused("elsewhere", 0)])
    for n in range(3):
        await _append(transaction, id_, [replace(paused(f"n{n}", 0, sender=2), pause=timedelta(0))])
    result = await _append(transaction, id_, [paused("a", 0), paused("b", 10), paused("c", 10, sender=1)])
    assert [message.nonce for message in result.appended] == ["a", "c"]
    assert result.messages[1] == TooSoon(timedelta(seconds=20))
    result = await _append(
        transaction, id_, [paused("a", 29), paused("d", 29), paused("d", 29), paused("e", 40, sender=1)]
    )
    assert [message.seq for message in result.messages[:1]] == [4], "the line it was"
    assert result.messages[1] == result.messages[2] == TooSoon(timedelta(seconds=1))
    assert [(message.nonce, message.seq) for message in result.appended] == [("e", 6)]
    assert (await _append(transaction, id_, [paused("d", 30)])).messages[0].seq == 7


@pytest.mark.integration
async def test_of_many_at_once_one_keeps_the_pause(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    drafts = [replace(_draft(str(n)), pause=timedelta(seconds=30)) for n in range(8)]
    results = await asyncio.gather(*(_append(transaction, id_, [draft]) for draft in drafts))
    assert sum(len(result.appended) for result in results) == 1
    assert sum(result.messages == [TooSoon(timedelta(seconds=30))] for result in results) == 7


async def test_conversations_count_for_themselves(transaction: Transactions) -> None:
    one, other = await _conversation(transaction), await _conversation(transaction)
    await _append(transaction, one, [_draft("a"), _draft("b")])
    assert (await _append(transaction, other, [_draft("a")])).messages[0].seq == 1
    unknown = ConversationId(ids.uuid())
    async with transaction() as (_, messages):
        assert await messages.last_seqs([one, other, unknown]) == {one: 2, other: 1}
        assert await messages.before(unknown, None, 10) == []
        assert await messages.after(unknown, 0, 10) == []


async def test_pages_of_history(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    await _append(transaction, id_, [_draft(f"n{n}") for n in range(1, 11)])
    async with transaction() as (_, messages):

        async def before(seq: int | None, limit: int) -> list[int]:
            return [message.seq for message in await messages.before(id_, seq, limit)]

        async def after(seq: int, limit: int) -> list[int]:
            return [message.seq for message in await messages.after(id_, seq, limit)]

        assert await before(None, 3) == [8, 9, 10]
        assert await before(8, 3) == [5, 6, 7]
        assert await before(2, 3) == [1]
        assert await before(1, 3) == []
        assert await before(99, 2) == [9, 10]
        assert await after(0, 3) == [1, 2, 3]
        assert await after(8, 3) == [9, 10]
        assert await after(10, 3) == []


async def test_an_unknown_conversation_takes_nothing(transaction: Transactions) -> None:
    with pytest.raises(NotFound):
        await _append(transaction, ConversationId(ids.uuid()), [_draft("a")])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcdef")), min_size=1, max_size=6),
        min_size=1,
        max_size=8,
    )
)
async def test_seqs_are_gapless_and_nonces_idempotent(
    transaction: Transactions, batches: list[list[tuple[int, str]]]
) -> None:
    id_ = await _conversation(transaction)
    seq_of: dict[tuple[int, str], int] = {}
    for batch in batches:
        result = await _append(transaction, id_, [_draft(nonce, sender) for sender, nonce in batch])
        new = [key for key in dict.fromkeys(batch) if key not in seq_of]
        seq_of |= {key: len(seq_of) + n for n, key in enumerate(new, start=1)}
        assert [message.seq for message in result.messages] == [seq_of[key] for key in batch]
        assert [message.seq for message in result.appended] == [seq_of[key] for key in new]
    async with transaction() as (_, messages):
        stored = await messages.after(id_, 0, 1000)
        assert await messages.last_seqs([id_]) == {id_: len(seq_of)}
    assert [message.seq for message in stored] == list(range(1, len(seq_of) + 1))


async def test_many_connections_at_once_make_one_gapless_order(transaction: Transactions) -> None:
    id_ = await _conversation(transaction)
    done = asyncio.Event()

    async def write(sender: int) -> list[Any]:
        results = []
        for n in range(12):  # every second nonce is sent by two writers of the same person
            drafts = [_draft(f"{sender}-{n}", sender), _draft(f"shared-{n}", sender % 2)]
            results.append(await _append(transaction, id_, drafts))
        return results

    async def read() -> int:
        """A reader never sees a seq before those under it are there."""
        reads = 0
        while not done.is_set():
            async with transaction() as (_, messages):
                seqs = [message.seq for message in await messages.after(id_, 0, 1000)]
            assert seqs == list(range(1, len(seqs) + 1))
            reads += 1
            await asyncio.sleep(0)
        return reads

    reader = asyncio.create_task(read())
    written = await asyncio.gather(*(write(sender) for sender in range(4)))
    done.set()
    assert await reader > 0
    appended = sorted(message.seq for results in written for result in results for message in result.appended)
    assert appended == list(range(1, 4 * 12 + 2 * 12 + 1))
    seq_of: dict[tuple[PersonId, str], int] = {}
    for message in (message for results in written for result in results for message in result.messages):
        assert seq_of.setdefault((message.sender_id, message.nonce), message.seq) == message.seq


@pytest.mark.integration
async def test_what_is_rolled_back_leaves_no_gap(database_url: str) -> None:
    engine = build_engine(database_url)

    @asynccontextmanager
    async def transaction() -> AsyncIterator[Store]:
        async with engine.begin() as connection:
            yield PostgresConversations(connection), PostgresMessages(connection)

    id_ = await _conversation(transaction)
    with pytest.raises(ZeroDivisionError):
        async with transaction() as (_, messages):
            await messages.append(id_, [_draft("a"), _draft("b")])
            raise ZeroDivisionError
    assert (await _append(transaction, id_, [_draft("c")])).messages[0].seq == 1
    await engine.dispose()


async def test_what_somebody_said_is_found_and_handed_over(transaction: Transactions) -> None:
    first, second = sorted([await _conversation(transaction), await _conversation(transaction)])
    nobody = PersonId(ids.uuid())
    for id_ in (second, first):
        await _append(transaction, id_, [_draft(f"n{n}", n % 2, f"line {n}") for n in range(5)])
    async with transaction() as (_, messages):
        said = await messages.of_sender(PEOPLE[0], None, 10)
        assert [(one.conversation_id, one.seq) for one in said] == [
            *((first, seq) for seq in (1, 3, 5)),
            *((second, seq) for seq in (1, 3, 5)),
        ]
        place = said[1].conversation_id, said[1].seq
        assert await messages.of_sender(PEOPLE[0], place, 3) == said[2:5]
        before = await messages.after(first, 0, 10)
        extension = {"name": "nobody"}
        assert await messages.hand_over(PEOPLE[0], nobody, extension, 4) == 4
        assert await messages.hand_over(PEOPLE[0], nobody, extension, 4) == 2
        assert await messages.hand_over(PEOPLE[0], nobody, extension, 4) == 0
        # Another one's lines with the same nonces follow: they do not meet.
        assert await messages.hand_over(PEOPLE[1], nobody, extension, 10) == 4
        assert await messages.of_sender(PEOPLE[0], None, 10) == []
        after = await messages.after(first, 0, 10)
    assert [(one.seq, one.id, one.body, one.sent_at) for one in after] == [
        (one.seq, one.id, one.body, one.sent_at) for one in before
    ]
    assert {one.sender_id for one in after} == {nobody}
    assert after[0].extension == {"fragments": [{"text": "line 0"}], "name": "nobody"}
    await _append(transaction, first, [_draft("n0", 0)])
    async with transaction() as (_, messages):
        assert [one.seq for one in await messages.of_sender(PEOPLE[0], None, 10)] == [6]


async def test_a_conversation_goes_with_all_that_is_in_it(transaction: Transactions) -> None:
    gone, stays = await _conversation(transaction), await _conversation(transaction)
    for id_ in (gone, stays):
        await _append(transaction, id_, [_draft(f"n{n}") for n in range(5)])
    async with transaction() as (_, messages):
        assert await messages.remove_some(gone, 3) == 3
        assert [one.seq for one in await messages.after(gone, 0, 10)] == [4, 5]
    async with transaction() as (conversations, _):
        await conversations.remove(gone)
        await conversations.remove(gone)
    async with transaction() as (conversations, messages):
        assert await conversations.get(gone) is None
        assert await conversations.participant(gone, PEOPLE[0]) is None
        assert await messages.after(gone, 0, 10) == []
        assert await messages.remove_some(gone, 3) == 0
        assert len(await messages.after(stays, 0, 10)) == 5
    with pytest.raises(NotFound):
        await _append(transaction, gone, [_draft("late")])
