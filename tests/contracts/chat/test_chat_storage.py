"""The chat slice's unit of work: the fake and PostgreSQL behave alike."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.messenger.conversation import ParticipantRole
from cpc.messenger.identifiers import ConversationId, MessageId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.testing import FakeChannels
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application import erase_chat, personal_data
from livehouse.chat.application.erase_chat import EraseChat
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.personal_data import ChatPersonalData
from livehouse.chat.application.ports import UnitOfWorkFactory
from livehouse.chat.application.queries import RoomMessages
from livehouse.chat.domain.chat_message import draft_chat_message
from livehouse.chat.domain.chat_room import ChatRoom, person_id
from livehouse.chat.testing import InMemoryChatStore

clock = SystemClock()
ids = UuidV7Ids(clock)
CHANNEL = ChannelRef(ChannelId(ids.uuid()), AccountId(ids.uuid()), ChannelName("ada"), "Sea")


@pytest.fixture
def units(engine: AsyncEngine | None) -> UnitOfWorkFactory:
    return InMemoryChatStore() if engine is None else partial(PostgresChatUnitOfWork, engine)


async def test_a_channel_has_one_room_and_the_first_claim_makes_it(units: UnitOfWorkFactory) -> None:
    first, second = ConversationId(ids.uuid()), ConversationId(ids.uuid())
    async with units() as work:
        assert await work.rooms.conversation_of(CHANNEL.id) is None
        assert await work.rooms.claim(CHANNEL.id, first)
    async with units() as work:
        assert not await work.rooms.claim(CHANNEL.id, second)
        assert await work.rooms.conversation_of(CHANNEL.id) == first


async def test_all_who_open_a_room_at_once_are_in_the_same_one(units: UnitOfWorkFactory) -> None:
    open_room = OpenChatRoom(units, FakeChannels(CHANNEL), clock, ids)
    rooms = await asyncio.gather(*(open_room("ada") for _ in range(8)))
    assert len({room.conversation_id for room in rooms}) == 1
    assert {room.owner_id for room in rooms} == {CHANNEL.owner_id}
    async with units() as work:
        owner = await work.conversations.participant(rooms[0].conversation_id, person_id(CHANNEL.owner_id))
    assert owner is not None
    assert owner.role is ParticipantRole.OWNER


async def test_a_room_is_found_by_its_conversation_until_it_is_removed(units: UnitOfWorkFactory) -> None:
    conversation_id = ConversationId(ids.uuid())
    async with units() as work:
        assert await work.rooms.channel_of(conversation_id) is None
        await work.rooms.claim(CHANNEL.id, conversation_id)
        assert await work.rooms.channel_of(conversation_id) == CHANNEL.id
        await work.rooms.remove(CHANNEL.id)
        await work.rooms.remove(CHANNEL.id)
        assert await work.rooms.channel_of(conversation_id) is None
        assert await work.rooms.conversation_of(CHANNEL.id) is None


async def _say(units: UnitOfWorkFactory, room: ChatRoom, sender: AccountId, texts: list[str]) -> None:
    drafts = [
        draft_chat_message(
            room,
            sender,
            "grace",
            message_id=MessageId(ids.uuid()),
            nonce=f"n{number}",
            text=text,
            now=clock.now(),
        )
        for number, text in enumerate(texts)
    ]
    async with units() as work:
        await work.messages.append(room.conversation_id, drafts)


async def test_who_is_gone_loses_the_name_and_keeps_the_place(
    units: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase_chat, "_AT_ONCE", 2)
    room = await OpenChatRoom(units, FakeChannels(CHANNEL), clock, ids)("ada")
    grace, bob = AccountId(ids.uuid()), AccountId(ids.uuid())
    await _say(units, room, grace, ["one", "two", "three"])
    await _say(units, room, bob, ["@grace hello"])
    erase = EraseChat(units)
    for _ in range(2):  # events come at least once
        await erase.of_person(grace)
    shown = await RoomMessages(units).after(room.conversation_id, 0, 10)
    assert [(one.seq, one.sender.name) for one in shown] == [
        (1, "deleted account"),
        (2, "deleted account"),
        (3, "deleted account"),
        (4, "grace"),
    ]
    assert {one.sender.id for one in shown[:3]} == {erase_chat.NOBODY}
    assert {one.sender.display_name for one in shown[:3]} == {"deleted account"}
    assert [fragment.to_json()["text"] for one in shown[:3] for fragment in one.fragments] == [
        "one",
        "two",
        "three",
    ]


async def test_the_room_of_a_channel_that_is_gone_goes(
    units: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase_chat, "_AT_ONCE", 2)
    room = await OpenChatRoom(units, FakeChannels(CHANNEL), clock, ids)("ada")
    await _say(units, room, CHANNEL.owner_id, ["one", "two", "three"])
    for _ in range(2):
        await EraseChat(units).of_channel(CHANNEL.id)
    async with units() as work:
        assert await work.rooms.conversation_of(CHANNEL.id) is None
        assert await work.conversations.get(room.conversation_id) is None
        assert await work.messages.after(room.conversation_id, 0, 10) == []


async def test_what_one_said_can_be_taken_home(
    units: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_data, "_AT_ONCE", 2)
    channels = FakeChannels(CHANNEL)
    room = await OpenChatRoom(units, channels, clock, ids)("ada")
    grace = AccountId(ids.uuid())
    await _say(units, room, grace, ["one", "two", "three"])
    await _say(units, room, CHANNEL.owner_id, ["mine"])
    (file,) = ChatPersonalData(units, channels).of(grace)
    records = [record async for record in file.records]
    assert file.name == "chat_messages"
    assert [(record["channel"], record["text"]) for record in records] == [
        ("ada", "one"),
        ("ada", "two"),
        ("ada", "three"),
    ]
