"""Shows out who may not read a room any more, and tells a room of its new modes."""

from __future__ import annotations

import asyncio
import logging

from cpc.kernel.errors import DomainError, Forbidden, NotFound, Unauthenticated, Unavailable
from livehouse.accounts.contract import AccountId, Actor
from livehouse.chat.adapters.gateway_room import GatewayRoom
from livehouse.chat.adapters.gateway_rooms import GatewayRooms
from livehouse.chat.application.enter_chat_room import EnterChatRoom
from livehouse.chat.application.look_at_rooms import LookAtRooms

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
# In a room that is not for everybody each socket is asked about so often: a tier ends, a role is taken away.
ASK_AGAIN_S = 60.0
_AT_ONCE = 4
_PATIENCE_S = 2.5


class Doorkeeper:
    """One statement a look for all rooms. Only where a room is not for everybody, people are asked about, a
    few at a time and beside the next look. Nobody goes because nobody could be asked.
    """

    def __init__(self, rooms: GatewayRooms, look_at_rooms: LookAtRooms, may_stay: EnterChatRoom) -> None:
        self._rooms = rooms
        self._look_at_rooms = look_at_rooms
        self._may_stay = may_stay
        self._asking: dict[GatewayRoom, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                try:
                    await self._look()
                except Unavailable:
                    continue
        finally:
            for asking in list(self._asking.values()):
                asking.cancel()

    async def _look(self) -> None:
        rooms = self._rooms.open_rooms
        if not rooms:
            return
        states = await self._look_at_rooms([room.room for room in rooms])
        for room in rooms:
            state = states.get(room.room.channel_id)
            if state is None:
                _show_all_out(room)
                continue
            room.change_modes(state.modes)
            if not state.is_open and room not in self._asking:
                self._asking[room] = asyncio.create_task(self._ask_about_all(room))

    async def _ask_about_all(self, room: GatewayRoom) -> None:
        loop = asyncio.get_running_loop()
        before_s = loop.time() - ASK_AGAIN_S
        due = iter([socket for socket in room.sockets if socket.asked_about_at_s <= before_s])
        known: dict[AccountId | None, DomainError | None] = {}

        async def ask() -> None:
            for socket in due:
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        actor = await socket.who()
                        if actor.account_id not in known:
                            known[actor.account_id] = await self._refusal(actor, room)
                except (Unavailable, TimeoutError):
                    continue
                socket.asked_about_at_s = loop.time()
                if (refusal := known[actor.account_id]) is not None:
                    socket.show_out(refusal)

        try:
            await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
        except Exception:
            log.exception("could not ask who may stay in a room")
        finally:
            del self._asking[room]

    async def _refusal(self, actor: Actor, room: GatewayRoom) -> DomainError | None:
        try:
            await self._may_stay(actor, room.room)
        except (Forbidden, Unauthenticated) as refusal:
            return refusal
        return None


def _show_all_out(room: GatewayRoom) -> None:
    gone = NotFound("no-such-channel", f"The channel '{room.room.channel_name}' is gone.")
    for socket in list(room.sockets):
        socket.show_out(gone)
