"""The chat slice's unit of work: the fake and PostgreSQL behave alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.messenger.conversation import ParticipantRole
from cpc.messenger.identifiers import ConversationId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.chat.domain.chat_room import person_id
from livehouse.chat.testing import InMemoryChannels, InMemoryChatStore
from livehouse.main.wiring.persistence import build_engine

clock = SystemClock()
ids = UuidV7Ids(clock)
CHANNEL = ChannelRef(ChannelId(ids.uuid()), AccountId(ids.uuid()), ChannelName("ada"), "Sea")


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def storage_url(request: Any) -> str | None:
    """None: in memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def units(storage_url: str | None) -> AsyncIterator[UnitOfWorkFactory]:
    if storage_url is None:
        yield InMemoryChatStore()
        return
    engine = build_engine(storage_url, pool_size=8)

    def unit_of_work() -> UnitOfWork:
        return PostgresChatUnitOfWork(engine)

    yield unit_of_work
    await engine.dispose()


async def test_a_channel_has_one_room_and_the_first_claim_makes_it(units: UnitOfWorkFactory) -> None:
    first, second = ConversationId(ids.uuid()), ConversationId(ids.uuid())
    async with units() as work:
        assert await work.rooms.conversation_of(CHANNEL.id) is None
        assert await work.rooms.claim(CHANNEL.id, first)
    async with units() as work:
        assert not await work.rooms.claim(CHANNEL.id, second)
        assert await work.rooms.conversation_of(CHANNEL.id) == first


async def test_all_who_open_a_room_at_once_are_in_the_same_one(units: UnitOfWorkFactory) -> None:
    open_room = OpenChatRoom(units, InMemoryChannels(CHANNEL), clock, ids)
    rooms = await asyncio.gather(*(open_room("ada") for _ in range(8)))
    assert len({room.conversation_id for room in rooms}) == 1
    assert {room.owner_id for room in rooms} == {CHANNEL.owner_id}
    async with units() as work:
        owner = await work.conversations.participant(rooms[0].conversation_id, person_id(CHANNEL.owner_id))
    assert owner is not None
    assert owner.role is ParticipantRole.OWNER
