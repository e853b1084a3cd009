"""Sending with the storage in memory: who may, how often, and what happens while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Invalid, RateLimited, Unauthenticated, Unavailable
from cpc.kernel.ids import UuidV7Ids
from cpc.messenger.message import Message
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.testing import FakeChannels
from livehouse.chat.application import message_commits
from livehouse.chat.application.message_commits import BATCH_LIMIT, ROOM_LIMIT, MessageCommits
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.queries import ReadChatHistory
from livehouse.chat.application.room_modes import RoomModes
from livehouse.chat.application.send_chat_message import SendChatMessage
from livehouse.chat.domain.chat_message import ChatMessage
from livehouse.chat.domain.chat_room import ChatRoom
from livehouse.chat.domain.name_color import DEFAULT_NAME_COLORS, default_name_color
from livehouse.chat.domain.send_rate import SendRate
from livehouse.chat.testing import InMemoryChatStore
from livehouse.social.application.find_supporters import FindSupporters
from livehouse.social.testing import InMemorySocialDatabase


class Chat:
    def __init__(self, *, patience_s: float = 2.5) -> None:
        self.clock = FakeClock()
        self.ids = UuidV7Ids(self.clock)
        self.store = InMemoryChatStore()
        self.owner = self.person("ada")
        assert self.owner.account_id is not None
        self.channels = FakeChannels(
            ChannelRef(ChannelId(self.ids.uuid()), self.owner.account_id, ChannelName("ada"), "Sea")
        )
        self.committed: list[list[int]] = []
        self.metered: list[int] = []
        commits = MessageCommits(
            self.store, self._committed, self._metered, self.clock, self.ids, patience_s=patience_s
        )
        self.access = access_for()
        supporters = FindSupporters(InMemorySocialDatabase().unit_of_work, self.clock)
        modes = RoomModes(self.channels, supporters, self.clock)
        self._send = SendChatMessage(commits, SendRate(), self.clock, self.ids, self.access, modes)

    def person(self, name: str) -> Actor:
        return Actor(AccountId(self.ids.uuid()), AccountName(name))

    async def send(self, room: ChatRoom, sender: Actor, *, nonce: str, text: str) -> ChatMessage:
        return await self._send(await self._send.admit(room, sender), nonce=nonce, text=text)

    async def room(self) -> ChatRoom:
        return await OpenChatRoom(self.store, self.channels, self.clock, self.ids)("ada")

    def _committed(self, room: ChatRoom, messages: Sequence[Message]) -> None:
        self.committed.append([message.seq for message in messages])

    def _metered(self, *, messages: int, seconds: float) -> None:
        self.metered.append(messages)


async def test_a_message_carries_who_sent_it() -> None:
    chat = Chat()
    room, bob = await chat.room(), chat.person("bob")
    sent = await chat.send(room, chat.owner, nonce="n", text=" hi  @Bob ")
    assert (sent.seq, sent.sender.name, sent.badges) == (1, "ada", ("broadcaster",))
    assert [fragment.text for fragment in sent.fragments] == ["hi ", "@Bob"]
    assert sent.sender.color in DEFAULT_NAME_COLORS
    assert bob.account_id is not None
    assert default_name_color(bob.account_id) == default_name_color(bob.account_id)
    assert (await chat.send(room, bob, nonce="n", text="hi")).badges == ()
    read_history = ReadChatHistory(chat.store, chat.channels, chat.access)
    assert await read_history(ANONYMOUS, "ADA", before_seq=2) == [sent]


async def test_a_message_bears_the_name_as_its_sender_writes_it() -> None:
    chat = Chat()
    room = await chat.room()
    ada = replace(chat.person("ada"), display_name="AdA")
    sent = await chat.send(room, ada, nonce="n1", text="hi")
    assert (sent.sender.name, sent.sender.display_name) == ("ada", "AdA")
    bob = await chat.send(room, chat.person("bob"), nonce="n1", text="hi")
    assert bob.sender.display_name == "bob"


async def test_a_visitor_may_not_send() -> None:
    chat = Chat()
    with pytest.raises(Unauthenticated):
        await chat.send(await chat.room(), ANONYMOUS, nonce="n", text="hi")


async def test_messages_sent_together_are_committed_together() -> None:
    chat = Chat()
    room = await chat.room()
    people = [chat.person(f"person{n}") for n in range(BATCH_LIMIT + 10)]
    before = chat.store.units_of_work
    sent = await asyncio.gather(*(chat.send(room, person, nonce="n", text="hi") for person in people))
    assert [message.seq for message in sent] == list(range(1, BATCH_LIMIT + 11))
    assert chat.store.units_of_work - before == 2
    assert [len(batch) for batch in chat.committed] == [BATCH_LIMIT, 10] == chat.metered
    events = chat.store.events
    assert [len(event.data["messages"]) for event in events] == [BATCH_LIMIT, 10]  # type: ignore[arg-type]
    assert {event.partition_key for event in events} == {str(room.channel_id)}


async def test_a_repeated_nonce_is_the_same_message_and_no_second_event() -> None:
    chat = Chat()
    room = await chat.room()
    first = await chat.send(room, chat.owner, nonce="n", text="once")
    assert await chat.send(room, chat.owner, nonce="n", text="twice") == first
    assert chat.committed == [[1]]
    assert len(chat.store.events) == 1


async def test_the_rate_is_one_for_all_rooms_and_another_for_ones_own() -> None:
    chat = Chat()
    room, bob = await chat.room(), chat.person("bob")
    for n in range(20):
        await chat.send(room, bob, nonce=f"{n}", text="hi")
    with pytest.raises(RateLimited) as refused:
        await chat.send(room, bob, nonce="x", text="hi")
    assert refused.value.retry_after_s == 30
    for n in range(100):
        await chat.send(room, chat.owner, nonce=f"{n}", text="hi")
    with pytest.raises(RateLimited):
        await chat.send(room, chat.owner, nonce="x", text="hi")
    chat.clock.advance(timedelta(seconds=30))
    assert (await chat.send(room, bob, nonce="x", text="hi")).seq == 121


async def test_what_is_refused_does_not_count_as_sent() -> None:
    chat = Chat()
    room, bob = await chat.room(), chat.person("bob")
    for _ in range(30):
        with pytest.raises(Invalid):
            await chat.send(room, bob, nonce="n", text="\u200b")
        with pytest.raises(Invalid):
            await chat.send(room, bob, nonce="two words", text="hi")
    assert (await chat.send(room, bob, nonce="n", text="hi")).seq == 1


async def test_the_sender_learns_in_time_that_nothing_was_saved() -> None:
    chat = Chat(patience_s=0.3)
    room, bob = await chat.room(), chat.person("bob")
    chat.store.is_away = True
    for _ in range(2):  # more than the rate allows: what was not saved does not count
        sending = [chat.send(room, bob, nonce=f"{n}", text="in vain") for n in range(15)]
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    chat.store.is_away = False
    assert (await chat.send(room, bob, nonce="0", text="in vain")).seq == 1
    assert chat.committed == [[1]]


async def test_a_short_outage_goes_unnoticed() -> None:
    chat = Chat(patience_s=30)
    room = await chat.room()
    chat.store.is_away = True
    sending = asyncio.create_task(chat.send(room, chat.owner, nonce="n", text="patient"))
    asyncio.get_running_loop().call_later(0.05, setattr, chat.store, "is_away", False)
    assert (await sending).seq == 1


async def test_a_room_whose_queue_is_full_refuses_more() -> None:
    chat = Chat(patience_s=30)
    room = await chat.room()
    chat.store.is_away = True
    waiting = [
        asyncio.create_task(chat.send(room, chat.person(f"person{n}"), nonce="n", text="hi"))
        for n in range(ROOM_LIMIT + BATCH_LIMIT)
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        for n in range(BATCH_LIMIT + 1):
            task = asyncio.create_task(chat.send(room, chat.person(f"late{n}"), nonce="n", text="hi"))
            done, _ = await asyncio.wait([task], timeout=0)
            if done:
                await task
            waiting.append(task)
            await asyncio.sleep(0)
    assert refused.value.slug == "chat-overloaded"
    chat.store.is_away = False
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    stored = sorted(outcome.seq for outcome in outcomes if not isinstance(outcome, BaseException))
    assert stored == list(range(1, len(stored) + 1))
    assert len(stored) >= ROOM_LIMIT


def test_the_promise_of_an_answer_within_three_seconds_is_kept_by_the_defaults() -> None:
    patience_s = MessageCommits.__init__.__kwdefaults__["patience_s"]
    assert patience_s + message_commits.RETRY_PAUSE_S < 3
