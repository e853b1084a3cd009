"""Rooms of a gateway: who asks for one may be gone before the answer."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import UuidV7Ids
from cpc.messenger.identifiers import MessageId
from cpc.messenger.memory import InMemoryMessageBroadcast
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.testing import FakeChannels
from livehouse.chat.adapters.gateway_rooms import GatewayRooms
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.ports import BroadcastState
from livehouse.chat.application.queries import RoomMessages
from livehouse.chat.domain.chat_message import draft_chat_message
from livehouse.chat.testing import InMemoryChatStore


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


async def test_a_renamed_channel_has_one_room_under_both_names() -> None:
    clock = FakeClock()
    ids = UuidV7Ids(clock)
    owner, channel_id = AccountId(ids.uuid()), ChannelId(ids.uuid())
    channels = FakeChannels(
        *(ChannelRef(channel_id, owner, ChannelName(name), "Sea") for name in ("ada", "lovelace"))
    )
    store = InMemoryChatStore()

    async def offline(_: ChannelId) -> BroadcastState:
        return BroadcastState()

    open_room = OpenChatRoom(store, channels, clock, ids)
    rooms = GatewayRooms(open_room, RoomMessages(store), InMemoryMessageBroadcast(), offline)
    by_old_name = await rooms.by_name("ada")
    assert await rooms.by_name("lovelace") is by_old_name
    draft = draft_chat_message(
        by_old_name.room,
        owner,
        "lovelace",
        message_id=MessageId(ids.uuid()),
        nonce="n",
        text="hello",
        now=clock.now(),
    )
    async with store() as work:
        stored = await work.messages.append(by_old_name.room.conversation_id, [draft])
    rooms.committed(by_old_name.room, stored.appended)
    by_old_name.empty_since_s = -1_000_000.0
    await rooms._close_empty()
    assert await rooms.by_name("ada") is not by_old_name, "both names were let go"
    await rooms.close()


async def test_two_names_asked_for_at_once_open_one_room() -> None:
    clock = FakeClock()
    ids = UuidV7Ids(clock)
    owner, channel_id = AccountId(ids.uuid()), ChannelId(ids.uuid())
    channels = FakeChannels(
        *(ChannelRef(channel_id, owner, ChannelName(name), "Sea") for name in ("ada", "lovelace"))
    )
    store = InMemoryChatStore()

    async def offline(_: ChannelId) -> BroadcastState:
        await asyncio.sleep(0)
        return BroadcastState()

    open_room = OpenChatRoom(store, channels, clock, ids)
    rooms = GatewayRooms(open_room, RoomMessages(store), InMemoryMessageBroadcast(), offline)
    first, second = await asyncio.gather(rooms.by_name("ada"), rooms.by_name("lovelace"))
    assert first is second
    await rooms.close()
