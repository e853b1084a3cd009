"""The chat rooms one gateway has open, and what is committed here on its way to them and to other
gateways.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence

from cpc.kernel.errors import Unavailable
from cpc.messenger.identifiers import ConversationId
from cpc.messenger.message import Message
from cpc.messenger.ports import MessageBroadcast
from livehouse.chat.adapters import chat_metrics
from livehouse.chat.adapters.gateway_room import GatewayRoom, room_subject
from livehouse.chat.adapters.socket_frames import encode_batch, message_json
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.ports import CurrentBroadcast
from livehouse.chat.application.queries import RoomMessages
from livehouse.chat.domain.chat_message import chat_message
from livehouse.chat.domain.chat_room import ChatRoom

log = logging.getLogger(__name__)

EMPTY_ROOM_KEPT_S = 60.0
# Every so often the rooms are compared with the database, so that a broadcast lost on the way, or a commit
# whose outcome nobody learned, shows up without waiting for the next message.
COMPARE_EVERY_S = 5.0
COMPARE_AGAIN_S = 0.5
BROADCASTS_UNDER_WAY = 1_000


class GatewayRooms:
    def __init__(
        self,
        open_room: OpenChatRoom,
        messages: RoomMessages,
        broadcast: MessageBroadcast,
        current_broadcast: CurrentBroadcast,
    ) -> None:
        self._open_room = open_room
        self._messages = messages
        self._broadcast = broadcast
        self._current_broadcast = current_broadcast
        self._by_name: dict[str, GatewayRoom] = {}
        self._by_conversation: dict[ConversationId, GatewayRoom] = {}
        self._opening: dict[str, asyncio.Task[GatewayRoom]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._compare_now = asyncio.Event()
        broadcast.on_reconnected(self._compare_now.set)

    @property
    def open_rooms(self) -> Sequence[GatewayRoom]:
        return list(self._by_conversation.values())

    async def by_name(self, channel_name: str) -> GatewayRoom:
        """The room, opened by the first who asks. Raises `NotFound` and `Unavailable`."""
        name = channel_name.lower()
        room = self._by_name.get(name)
        if room is not None:
            return room
        opening = self._opening.get(name)
        if opening is None:
            opening = self._opening[name] = asyncio.create_task(self._open(name))
            opening.add_done_callback(lambda opened: self._opened(name, opened))
        # One who gives up must not stop the others.
        return await asyncio.shield(opening)

    def committed(self, room: ChatRoom, messages: Sequence[Message]) -> None:
        """`CommittedMessages`: to the sockets here at once, to the other gateways through the broadcast."""
        encoded = [message_json(chat_message(message)) for message in messages]
        open_room = self._by_conversation.get(room.conversation_id)
        if open_room is not None:
            open_room.offer(messages[0].seq, encoded)
        if len(self._tasks) < BROADCASTS_UNDER_WAY:
            self._spawn(self._broadcast.publish(room_subject(room), encode_batch(messages[0].seq, encoded)))
        else:
            chat_metrics.LOST_BROADCASTS.inc()

    async def run(self) -> None:
        """Compare with the database for as long as the gateway runs; close rooms nobody is in."""
        pause_s = COMPARE_EVERY_S
        while True:
            try:
                async with asyncio.timeout(pause_s):
                    await self._compare_now.wait()
            except TimeoutError:
                pass
            self._compare_now.clear()
            try:
                await self._compare()
                pause_s = COMPARE_EVERY_S
            except Unavailable:
                pause_s = COMPARE_AGAIN_S
            await self._close_empty()

    async def close(self) -> None:
        for task in [*self._opening.values(), *self._tasks]:
            task.cancel()
        for room in self.open_rooms:
            await room.close()
        self._by_name.clear()
        self._by_conversation.clear()

    async def _open(self, name: str) -> GatewayRoom:
        found = await self._open_room(name)
        known = self._by_conversation.get(found.conversation_id)
        if known is not None:  # of a channel that was renamed: one conversation, one room
            self._by_name[name] = known
            return known
        room = GatewayRoom(found, self._messages)
        await room.open(self._broadcast, self._current_broadcast)
        room.empty_since_s = asyncio.get_running_loop().time()
        known = self._by_conversation.get(found.conversation_id)
        if known is not None:  # opened meanwhile by its other name
            await room.close()
            self._by_name[name] = known
            return known
        self._by_name[name] = room
        self._by_conversation[room.room.conversation_id] = room
        chat_metrics.ROOMS.set(len(self._by_conversation))
        # What was committed here between the room's reading and this line was offered to no one.
        self._spawn(self._compare_quietly([room]))
        return room

    def _opened(self, name: str, opening: asyncio.Task[GatewayRoom]) -> None:
        self._opening.pop(name, None)
        if not opening.cancelled():
            opening.exception()  # Told to who asked; they may all have left, and then it is nobody's.

    async def _compare(self) -> None:
        if self._by_conversation:
            await self._compare_rooms(self.open_rooms)

    async def _compare_quietly(self, rooms: Sequence[GatewayRoom]) -> None:
        try:
            await self._compare_rooms(rooms)
        except Unavailable:
            self._compare_now.set()

    async def _compare_rooms(self, rooms: Sequence[GatewayRoom]) -> None:
        last_seqs = await self._messages.last_seqs([room.room.conversation_id for room in rooms])
        for room in rooms:
            room.announce(last_seqs.get(room.room.conversation_id, 0))

    async def _close_empty(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for conversation_id, room in list(self._by_conversation.items()):
            if room.is_empty and now_s - room.empty_since_s > EMPTY_ROOM_KEPT_S:
                del self._by_conversation[conversation_id]
                self._by_name = {name: one for name, one in self._by_name.items() if one is not room}
                await room.close()
        chat_metrics.ROOMS.set(len(self._by_conversation))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
