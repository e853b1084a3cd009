"""Rooms of a gateway: who asks for one may be gone before the answer."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from cpc.kernel.errors import NotFound
from livehouse.chat.adapters.gateway_rooms import GatewayRooms


class _SilentBroadcast:
    def on_reconnected(self, _: Any) -> None:
        """Never lost, so never back."""


async def test_a_room_that_cannot_be_opened_is_nobodys_error_once_the_askers_have_left() -> None:
    asked, answer, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def open_room(name: str) -> Any:
        asked.set()
        await answer.wait()
        answered.set()
        raise NotFound("no-such-channel", f"There is no channel '{name}'.")

    nothing: Any = None
    opener: Any = open_room
    broadcast: Any = _SilentBroadcast()
    rooms = GatewayRooms(opener, nothing, broadcast, nothing)
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: complaints.append(str(context["message"]))
    )

    asker = asyncio.create_task(rooms.by_name("nobody_here"))
    await asked.wait()
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    del asker
    answer.set()
    await answered.wait()
    await asyncio.sleep(0)  # the opening ends, and with it the last reference to it
    gc.collect()

    assert complaints == []
    with pytest.raises(NotFound):
        await rooms.by_name("nobody_here")
