"""How the actions of chat are done."""

from __future__ import annotations

from tests.unit.access.everybody import World, call

from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.chat.application.enter_chat_room import EnterChatRoom
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.queries import ReadChatHistory, ReadRoomHistory
from livehouse.chat.application.room_modes import RoomModes
from livehouse.chat.application.send_chat_message import SendChatMessage
from livehouse.chat.domain.chat_room import ChatRoom
from livehouse.chat.domain.send_rate import SendRate
from livehouse.social.application.find_supporters import FindSupporters


async def room(world: World) -> ChatRoom:
    return await OpenChatRoom(world.chat, world.chat_channels, world.clock, world.ids)("ada")


@call(Action.ENTER_CHAT_ROOM)
async def enter_chat_room(world: World, actor: Actor) -> object:
    asked_for = await room(world)
    world.is_ready()
    return await EnterChatRoom(world.access)(actor, asked_for)


@call(Action.READ_CHAT_HISTORY)
async def read_chat_history(world: World, actor: Actor) -> object:
    asked_for = await room(world)
    world.is_ready()
    await ReadRoomHistory(world.chat, world.access)(actor, asked_for, None, 50)
    return await ReadChatHistory(world.chat, world.chat_channels, world.access)(actor, "ada")


@call(Action.SEND_CHAT_MESSAGE)
async def send_chat_message(world: World, actor: Actor) -> object:
    commits = MessageCommits(
        world.chat,
        lambda _room, _messages: None,
        lambda *, messages, seconds: None,
        world.clock,
        world.ids,
    )
    supporters = FindSupporters(world.social.unit_of_work, world.clock)
    modes = RoomModes(world.chat_channels, supporters, world.clock)
    send = SendChatMessage(commits, SendRate(), world.clock, world.ids, world.access, modes)
    asked_for = await room(world)
    world.is_ready()
    return await send(await send.admit(asked_for, actor), nonce="n", text="hello")
