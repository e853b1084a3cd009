"""Slow mode, followers-only and members-only: whom they hold up, for how long, and whom they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Forbidden, RateLimited, Unavailable
from cpc.kernel.ids import EntityId, UuidV7Ids
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Role
from livehouse.access.testing import InMemoryStandings
from livehouse.accounts.contract import AccountId, AccountName, Actor
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef, ChatModes
from livehouse.channel.testing import FakeChannels
from livehouse.chat.application.message_commits import MessageCommits
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.application.room_modes import RoomModes
from livehouse.chat.application.send_chat_message import SendChatMessage
from livehouse.chat.domain.chat_message import ChatMessage
from livehouse.chat.domain.chat_modes import check_modes, check_text
from livehouse.chat.domain.send_rate import SendRate
from livehouse.chat.testing import InMemoryChatStore
from livehouse.social.contract import Support

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EXEMPT = [Role.OWNER, Role.EDITOR, Role.MODERATOR, Role.VIP, Role.ADMINISTRATOR]


class Follows:
    """`SupportOfChannels` of one channel."""

    def __init__(self) -> None:
        self.since: dict[EntityId, datetime] = {}
        self.asked = 0

    async def support(self, channel_id: EntityId, account_id: EntityId) -> Support:
        self.asked += 1
        return Support(self.since.get(account_id))

    async def followers(self, channel_id: EntityId) -> int:
        return len(self.since)


class ChannelsThatGoAway(FakeChannels):
    is_away = False
    asked = 0

    async def by_id(self, channel_id: ChannelId) -> ChannelRef:
        self.asked += 1
        if self.is_away:
            raise Unavailable("database-away", "The database is away.")
        return await super().by_id(channel_id)


class Chat:
    """A room whose channel has modes."""

    def __init__(self, modes: ChatModes, *, trusted_s: float = 0.0) -> None:
        self.clock = FakeClock(NOW)
        ids = UuidV7Ids(self.clock)
        self.ids = ids
        owner = AccountId(ids.uuid())
        self.channel = ChannelRef(ChannelId(ids.uuid()), owner, ChannelName("ada"), "Sea", chat_modes=modes)
        self.standings = InMemoryStandings()
        self.standings.give(self.channel.id, owner, {Role.OWNER})
        self.owner = Actor(owner, AccountName("ada"))
        self.store = InMemoryChatStore()
        self.channels = ChannelsThatGoAway(self.channel)
        self.follows = Follows()
        access = DecideAccess(self.standings, self.standings.supporters, self.clock)
        commits = MessageCommits(
            self.store, lambda room, messages: None, lambda *, messages, seconds: None, self.clock, ids
        )
        self.modes = RoomModes(self.channels, self.follows, self.clock, trusted_s=trusted_s)
        self.sender = SendChatMessage(commits, SendRate(), self.clock, ids, access, self.modes)

    def person(self, *roles: Role) -> Actor:
        account_id = AccountId(self.ids.uuid())
        self.standings.give(self.channel.id, account_id, roles)
        return Actor(account_id, AccountName("somebody"), is_administrator=Role.ADMINISTRATOR in roles)

    async def say(self, actor: Actor, text: str = "hi") -> ChatMessage:
        room = await OpenChatRoom(self.store, self.channels, self.clock, self.ids)("ada")
        admitted = await self.sender.admit(room, actor)
        return await self.sender(admitted, nonce=self.ids.uuid().hex, text=text)

    def set(self, modes: ChatModes) -> None:
        self.channels._channels = (replace(self.channel, chat_modes=modes),)


async def test_slow_mode_asks_for_a_pause_and_says_how_long() -> None:
    chat = Chat(ChatModes(slow_mode_s=30))
    bob, eve = chat.person(), chat.person(Role.PAID_SUBSCRIBER)
    await chat.say(bob)
    await chat.say(eve)
    chat.clock.advance(timedelta(seconds=10))
    with pytest.raises(RateLimited) as refused:
        await chat.say(bob)
    assert (refused.value.slug, refused.value.retry_after_s) == ("slow-mode", 20)
    assert "Wait 20 s." in refused.value.detail
    chat.clock.advance(timedelta(seconds=20))
    await chat.say(bob)
    chat.set(ChatModes())
    await chat.say(bob)


async def test_what_slow_mode_refuses_does_not_count() -> None:
    chat = Chat(ChatModes(slow_mode_s=1))
    bob = chat.person()
    await chat.say(bob)
    for _ in range(40):  # more than 20 in 30 seconds
        with pytest.raises(RateLimited) as refused:
            await chat.say(bob)
        assert refused.value.slug == "slow-mode"


@pytest.mark.parametrize("role", EXEMPT)
async def test_who_has_a_role_is_held_to_nothing(role: Role) -> None:
    chat = Chat(ChatModes(slow_mode_s=60, followers_only_min=10, members_only=True))
    chat.standings.open_chat_for_members_only(chat.channel.id)
    actor = chat.owner if role is Role.OWNER else chat.person(role)
    for _ in range(3):
        await chat.say(actor)
    assert chat.follows.asked == 0


async def test_followers_only_counts_from_the_follow() -> None:
    chat = Chat(ChatModes(followers_only_min=10))
    bob = chat.person(Role.FOLLOWER)
    with pytest.raises(Forbidden) as refused:
        await chat.say(bob)
    assert refused.value.slug == "followers-only"
    assert (
        refused.value.detail
        == "Only who has followed the channel for 10 minutes writes in this chat. Follow it."
    )
    chat.follows.since[bob.require_account()] = chat.clock.now()
    chat.clock.advance(timedelta(minutes=9, seconds=1))
    with pytest.raises(Forbidden) as refused:
        await chat.say(bob)
    assert refused.value.detail.endswith("You may in 1 minute.")
    chat.clock.advance(timedelta(seconds=59))
    await chat.say(bob)


async def test_followers_only_from_the_first_moment_and_not_for_subscribers() -> None:
    chat = Chat(ChatModes(followers_only_min=0))
    bob = chat.person()
    with pytest.raises(Forbidden) as refused:
        await chat.say(bob)
    assert refused.value.detail == "Only who has followed the channel writes in this chat. Follow it."
    chat.follows.since[bob.require_account()] = chat.clock.now()
    await chat.say(bob)
    await chat.say(chat.person(Role.PAID_SUBSCRIBER))


async def test_members_only_is_for_members() -> None:
    chat = Chat(ChatModes(members_only=True))
    chat.standings.open_chat_for_members_only(chat.channel.id)
    with pytest.raises(Forbidden) as refused:
        await chat.say(chat.person(Role.FOLLOWER))
    assert refused.value.slug == "members-only"
    assert refused.value.detail == "This chat is for members of the channel. Its tier 'Gold' opens it."
    await chat.say(chat.person(Role.PAID_SUBSCRIBER))


# By UTS #51: a smiley, a family by joiners, a heart with and without its selector, a keycap, the flags of
# Scotland, Germany and the rainbow, a hand with a skin tone.
EMOJI = (
    "😀",
    "👩\u200d👩\u200d👧\u200d👦",
    "❤\ufe0f",
    "❤",
    "1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "🇩🇪",
    "🏳\ufe0f\u200d🌈",
    "👍🏽",
)


async def test_emotes_only_takes_emoji_and_spaces() -> None:
    chat = Chat(ChatModes(emotes_only=True))
    bob = chat.person(Role.PAID_SUBSCRIBER)
    for line in (*EMOJI, "".join(EMOJI), " 😀 \t 😀 "):
        await chat.say(bob, line)
    for line in ("hi", "😀 hi", "1", "😀1", "#", "😀!", "@ada 😀", "→", "https://😀.example"):
        with pytest.raises(Forbidden) as refused:
            await chat.say(bob, line)
        assert refused.value.slug == "emotes-only", line
    await chat.say(chat.person(Role.VIP), "a word from somebody with a role")
    chat.set(ChatModes())
    await chat.say(bob, "words again")


@given(st.text(max_size=40))
def test_whatever_comes_emotes_only_takes_it_or_refuses_it(text: str) -> None:
    for mixed in (text, f"{text}a", f"{text}😀"):
        try:
            check_text(ChatModes(emotes_only=True), {Role.VIEWER}, mixed)
        except Forbidden as refused:
            assert refused.slug == "emotes-only"
        else:
            assert not any(sign.isalpha() and sign.isascii() for sign in mixed)


async def test_modes_and_follows_are_remembered_for_a_moment() -> None:
    chat = Chat(ChatModes(followers_only_min=0), trusted_s=5)
    bob = chat.person()
    with pytest.raises(Forbidden):
        await chat.say(bob)
    chat.follows.since[bob.require_account()] = chat.clock.now()
    for _ in range(5):
        await chat.say(bob)
    assert (chat.channels.asked, chat.follows.asked) == (1, 2), "that somebody does not follow is asked anew"
    chat.set(ChatModes(followers_only_min=10))
    chat.clock.advance(timedelta(seconds=5))
    with pytest.raises(Forbidden):
        await chat.say(bob)
    chat.channels.is_away = True
    chat.clock.advance(timedelta(seconds=60))
    with pytest.raises(Forbidden):
        await chat.say(bob)


async def test_while_nobody_can_be_asked_the_room_is_as_it_was_opened() -> None:
    chat = Chat(ChatModes(followers_only_min=10))
    chat.channels.is_away = True
    with pytest.raises(Forbidden):
        await chat.say(chat.person())


async def test_badges_say_what_one_is() -> None:
    chat = Chat(ChatModes())
    said = [
        await chat.say(chat.owner),
        await chat.say(chat.person(Role.MODERATOR, Role.PAID_SUBSCRIBER)),
        await chat.say(chat.person(Role.VIP)),
        await chat.say(chat.person(Role.FOLLOWER, Role.EDITOR)),
    ]
    assert [(one.badges, one.badge_months) for one in said] == [
        (("broadcaster",), None),
        (("moderator", "subscriber"), 1),
        (("vip",), None),
        ((), None),
    ]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (180, "3 hours"),
        (7 * 1440, "7 days"),
    ],
)
def test_times_are_said_in_a_fitting_unit(minutes: int, words: str) -> None:
    with pytest.raises(Forbidden, match=f"for {words} writes"):
        check_modes(ChatModes(followers_only_min=minutes), {Role.VIEWER}, None, NOW)
