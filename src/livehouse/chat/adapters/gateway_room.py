"""One chat room at one gateway: its sockets, and every message to each of them in order of seq."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
from picows import WSMsgType

from cpc.kernel.errors import DomainError, Unavailable
from cpc.messenger.delivery import SequencedDelivery
from cpc.messenger.ports import MessageBroadcast, MessageSubscription
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChatModes
from livehouse.chat.adapters import chat_metrics
from livehouse.chat.adapters.socket_frames import (
    HEADER_SPACE,
    broadcast_frame,
    decode_batch,
    decode_broadcast_state,
    message_json,
    messages_frame,
    modes_frame,
    welcome_frame,
)
from livehouse.chat.application.ports import BroadcastState, CurrentBroadcast
from livehouse.chat.application.queries import RoomMessages
from livehouse.chat.domain.chat_room import ChatRoom

log = logging.getLogger(__name__)

HISTORY_MESSAGES = 50
# Under load at most a frame every so often a room, with all that came meanwhile: a frame costs a system call
# a socket, a further message in it only bytes.
TICK_S = 0.01
FRAME_MESSAGE_BYTES = 32 * 1024
# Sends between two looks at the event loop, about 4 ms.
SENDS_IN_A_ROW = 1_000
# A batch may overtake another between two gateways; only what is still missing then is fetched.
OVERTAKING_S = 0.05
GAP_MESSAGES = 1_000
FETCH_MESSAGES = 200
EARLY_BATCHES = 1_000


class RoomSocket(Protocol):
    """write: (type, buffer with HEADER_SPACE bytes free at its front, HEADER_SPACE). asked_about_at_s: by the
    loop, when it was last asked whether they may stay.
    """

    asked_about_at_s: float

    @property
    def write(self) -> Callable[[WSMsgType, bytearray, int], None]: ...

    def show_out(self, error: DomainError) -> None: ...

    async def who(self) -> Actor:
        """Whose token it is by now. Raises `Unavailable`."""
        ...


class GatewayRoom:
    def __init__(self, room: ChatRoom, messages: RoomMessages) -> None:
        self.room = room
        self.modes = room.modes
        self.broadcast = BroadcastState()
        self.empty_since_s = 0.0
        self._messages = messages
        self._writes: dict[RoomSocket, Callable[[WSMsgType, bytearray, int], None]] = {}
        self._delivery: SequencedDelivery[bytes] | None = None
        self._early: deque[tuple[int, Sequence[bytes]]] = deque(maxlen=EARLY_BATCHES)
        self._recent: deque[bytes] = deque(maxlen=HISTORY_MESSAGES)
        self._history: bytearray | None = None
        self._sent_seq = 0
        self._unsent: list[bytes] = []
        self._last_frame_at_s = 0.0
        self._flush_timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._subscriptions: list[MessageSubscription] = []

    @property
    def is_empty(self) -> bool:
        return not self._writes

    @property
    def sockets(self) -> Iterable[RoomSocket]:
        return self._writes.keys()

    async def open(self, broadcast: MessageBroadcast, current_broadcast: CurrentBroadcast) -> None:
        """Listen first, then read: what is committed in between arrives by both ways and is shown once."""
        key = self.room.channel_id.uuid.hex
        self._subscriptions = [
            await broadcast.subscribe(room_subject(self.room), self.on_batch),
            await broadcast.subscribe(f"livehouse.live.{key}", self._on_broadcast_state),
        ]
        try:
            newest = await self._messages.before(self.room.conversation_id, None, HISTORY_MESSAGES)
            self.broadcast = await current_broadcast(self.room.channel_id)
        except BaseException:
            await self.close()
            raise
        self._recent.extend(message_json(message) for message in newest)
        self._sent_seq = newest[-1].seq if newest else 0
        self._delivery = SequencedDelivery(self._sent_seq)
        while self._early:
            self.offer(*self._early.popleft())

    async def close(self) -> None:
        for task in (self._sending, self._catching_up):
            if task is not None:
                task.cancel()
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            await subscription.close()

    def welcome(self, actor: Actor) -> bytearray:
        return welcome_frame(
            self.room, actor, last_seq=self._sent_seq, modes=self.modes, broadcast=self.broadcast
        )

    def join(self, socket: RoomSocket) -> None:
        """Send the newest messages, and from now on every one after them."""
        if self._history is None:
            self._history = messages_frame(self._recent, is_history=True)
        socket.write(WSMsgType.TEXT, self._history, HEADER_SPACE)
        self._writes[socket] = socket.write

    def leave(self, socket: RoomSocket) -> None:
        self._writes.pop(socket, None)
        if not self._writes:
            self.empty_since_s = asyncio.get_running_loop().time()

    def change_modes(self, modes: ChatModes) -> None:
        if modes != self.modes:
            self.modes = modes
            self._write_to(tuple(self._writes.values()), modes_frame(modes))

    def on_batch(self, payload: bytes) -> None:
        try:
            first_seq, messages = decode_batch(payload)
        except msgspec.DecodeError as error:
            log.warning("ignored a malformed batch: %s", error)
            return
        self.offer(first_seq, messages)

    def offer(self, first_seq: int, messages: Sequence[bytes]) -> None:
        """Take committed messages, from this gateway or another, in whatever order they come."""
        if self._delivery is None:
            self._early.append((first_seq, messages))
            return
        ready = self._delivery.offer(first_seq, messages)
        if ready:
            self._unsent += ready
            self._schedule_flush()
        self._fill_gap()

    def announce(self, last_seq: int) -> None:
        """The database has messages up to `last_seq`."""
        if self._delivery is not None:
            self._delivery.announce(last_seq)
            self._fill_gap()

    def _on_broadcast_state(self, payload: bytes) -> None:
        try:
            state = decode_broadcast_state(payload)
        except msgspec.DecodeError as error:
            log.warning("ignored a malformed broadcast state: %s", error)
            return
        if state != self.broadcast:
            self.broadcast = state
            self._write_to(tuple(self._writes.values()), broadcast_frame(state))

    def _schedule_flush(self) -> None:
        if self._flush_timer is not None or self._sending is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._last_frame_at_s + TICK_S - loop.time()
        if wait_s <= 0:
            self._flush()
        else:
            self._flush_timer = loop.call_later(wait_s, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        if self._delivery is None or not self._unsent:
            return
        self._last_frame_at_s = asyncio.get_running_loop().time()
        messages, self._unsent = self._unsent, []
        self._recent.extend(messages)
        self._history = None
        self._sent_seq = self._delivery.delivered_seq
        writes = tuple(self._writes.values())
        chat_metrics.DELIVERED.inc(len(messages) * len(writes))
        frames = list(_frames(messages))
        if len(writes) * len(frames) <= SENDS_IN_A_ROW:
            for frame in frames:
                self._write_to(writes, frame)
        else:
            self._sending = asyncio.create_task(self._write_in_turns(writes, frames))

    async def _write_in_turns(
        self, writes: Sequence[Callable[[WSMsgType, bytearray, int], None]], frames: Sequence[bytearray]
    ) -> None:
        try:
            for frame in frames:
                for start in range(0, len(writes), SENDS_IN_A_ROW):
                    self._write_to(writes[start : start + SENDS_IN_A_ROW], frame)
                    await asyncio.sleep(0)
        finally:
            self._sending = None
        if self._unsent:
            self._schedule_flush()

    def _write_to(
        self, writes: Sequence[Callable[[WSMsgType, bytearray, int], None]], frame: bytearray
    ) -> None:
        text = WSMsgType.TEXT
        for write in writes:
            write(text, frame, HEADER_SPACE)
        chat_metrics.FRAMES.inc(len(writes))

    def _fill_gap(self) -> None:
        if self._delivery is not None and self._delivery.missing and self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up(self._delivery))

    async def _catch_up(self, delivery: SequencedDelivery[bytes]) -> None:
        try:
            await asyncio.sleep(OVERTAKING_S)
            pause_s = 0.1
            while missing := delivery.missing:
                if len(missing) > GAP_MESSAGES:
                    delivery.skip_to(missing.stop - 1 - GAP_MESSAGES)
                    continue  # the skipped ones stay readable as history
                try:
                    found = await self._messages.after(
                        self.room.conversation_id, missing.start - 1, min(len(missing), FETCH_MESSAGES)
                    )
                except Unavailable:
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, 2.0)
                    continue
                if not found:
                    # Announced, yet not there: a restored backup. Wait for the next message instead of
                    # spinning.
                    delivery.skip_to(missing.stop - 1)
                    break
                chat_metrics.GAP_FILLS.inc()
                self._unsent += delivery.offer(found[0].seq, [message_json(message) for message in found])
                self._schedule_flush()
        finally:
            self._catching_up = None


def room_subject(room: ChatRoom) -> str:
    """Where gateways tell each other what was committed to this room."""
    return f"livehouse.chat.room.{room.channel_id.uuid.hex}"


def _frames(messages: Sequence[bytes]) -> Iterable[bytearray]:
    """Frames of bounded size; usually one."""
    part: list[bytes] = []
    size = 0
    for message in messages:
        if part and size + len(message) > FRAME_MESSAGE_BYTES:
            yield messages_frame(part)
            part, size = [], 0
        part.append(message)
        size += len(message)
    if part:
        yield messages_frame(part)
