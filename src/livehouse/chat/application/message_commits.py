"""Group commit: messages of one room that arrive while a commit runs go together in the next one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.errors import DomainError, Unavailable
from cpc.kernel.ids import Ids
from cpc.messenger.identifiers import ConversationId
from cpc.messenger.message import AppendResult, Message, MessageDraft, TooSoon
from cpc.social_integration.events import ChatMessageSent, SentChatMessage
from livehouse.accounts.contract import AccountId
from livehouse.chat.application.ports import CommitMeter, CommittedMessages, UnitOfWorkFactory
from livehouse.chat.domain.chat_modes import slow_mode_refusal
from livehouse.chat.domain.chat_room import ChatRoom

BATCH_LIMIT = 200
ROOM_LIMIT = 1_000
RETRY_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    draft: MessageDraft
    stored: asyncio.Future[Message]


@dataclass(slots=True)
class _RoomCommits:
    room: ChatRoom
    waiting: list[_Waiting]
    task: asyncio.Task[None] | None = None


class MessageCommits:
    """patience_s: how long a message waits for the database before its sender is told that it was not
    saved.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        committed: CommittedMessages,
        meter: CommitMeter,
        clock: Clock,
        ids: Ids,
        *,
        patience_s: float = 2.5,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._committed = committed
        self._meter = meter
        self._clock = clock
        self._ids = ids
        self._patience_s = patience_s
        self._rooms: dict[ConversationId, _RoomCommits] = {}

    async def commit(self, room: ChatRoom, draft: MessageDraft) -> Message:
        """Store the draft with others of its room; messages of a room keep the order of these calls.

        Raises `Unavailable` when it is not stored in time. It may be stored yet: sending the same nonce
        again is safe. Raises `RateLimited` (slow-mode) before the end of its pause, at whatever gateway the
        one before was sent.
        """
        commits = self._rooms.get(room.conversation_id)
        if commits is None:
            commits = self._rooms[room.conversation_id] = _RoomCommits(room, [])
        if len(commits.waiting) >= ROOM_LIMIT:
            raise Unavailable("chat-overloaded", "This chat is overloaded. Send it again in a moment.")
        waiting = _Waiting(draft, asyncio.get_running_loop().create_future())
        commits.waiting.append(waiting)
        if commits.task is None:
            commits.task = asyncio.create_task(self._run(commits))
        try:
            async with asyncio.timeout(self._patience_s):
                return await waiting.stored
        except TimeoutError:
            raise Unavailable(
                "message-not-saved", "The message could not be saved in time. Send it again in a moment."
            ) from None

    async def _run(self, commits: _RoomCommits) -> None:
        try:
            while commits.waiting:
                batch, commits.waiting = commits.waiting[:BATCH_LIMIT], commits.waiting[BATCH_LIMIT:]
                await self._commit_batch(commits.room, batch)
        finally:
            commits.task = None
            self._rooms.pop(commits.room.conversation_id, None)

    async def _commit_batch(self, room: ChatRoom, batch: list[_Waiting]) -> None:
        started_s = self._clock.monotonic_s()
        while True:
            # One whose sender has been told that it failed is not stored behind their back.
            batch = [waiting for waiting in batch if not waiting.stored.done()]
            if not batch:
                return
            try:
                result = await self._store(room, [waiting.draft for waiting in batch])
            except Unavailable as error:
                if self._clock.monotonic_s() - started_s < self._patience_s:
                    await asyncio.sleep(RETRY_PAUSE_S)
                    continue
                _fail(batch, error)
                return
            except DomainError as error:
                _fail(batch, error)
                return
            except BaseException as error:
                _fail(batch, Unavailable("message-not-saved", "The message could not be saved."))
                raise error
            break
        self._meter(messages=len(result.appended), seconds=self._clock.monotonic_s() - started_s)
        if result.appended:
            self._committed(room, result.appended)
        for waiting, outcome in zip(batch, result.messages, strict=True):
            if isinstance(outcome, TooSoon):
                _fail([waiting], slow_mode_refusal(waiting.draft.pause, outcome.wait))
            elif not waiting.stored.done():
                waiting.stored.set_result(outcome)

    async def _store(self, room: ChatRoom, drafts: list[MessageDraft]) -> AppendResult:
        async with self._unit_of_work() as work:
            result = await work.messages.append(room.conversation_id, drafts)
            if result.appended:
                event = _chat_message_sent(room, result)
                work.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=self._clock.now()))
        return result


def _chat_message_sent(room: ChatRoom, result: AppendResult) -> ChatMessageSent:
    return ChatMessageSent(
        channel_id=str(room.channel_id),
        conversation_id=str(room.conversation_id),
        messages=tuple(
            SentChatMessage(
                message_id=str(message.id),
                sender_id=str(AccountId(message.sender_id.uuid)),
                seq=message.seq,
                sent_at=message.sent_at,
            )
            for message in result.appended
        ),
    )


def _fail(batch: list[_Waiting], error: DomainError) -> None:
    for waiting in batch:
        if not waiting.stored.done():
            waiting.stored.set_exception(error)
