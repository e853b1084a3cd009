"""The table itself: whole, described, and remembered no longer than it may be."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from tests.unit.access.everybody import PAGE

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Forbidden, Unavailable
from cpc.kernel.ids import EntityId
from livehouse.access.application import decide_access
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.application.described import access_page
from livehouse.access.contract import Action, Entitlement, MembersOnly, Role, Standing
from livehouse.access.domain.rules import RULES
from livehouse.access.testing import InMemoryStandings
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.application import ChannelManager, ChannelUseCases
from livehouse.chat.application import ChatGatewayUseCases, ChatUseCases
from livehouse.processes import ProcessesUseCases
from livehouse.social.application import SocialUseCases
from livehouse.streaming.application import StreamingUseCases

SOURCES = Path(inspect.getfile(decide_access)).parents[2]
DOORS: tuple[type[Any], ...] = (
    AccountsUseCases,
    ChannelManager,
    ChannelUseCases,
    ChatGatewayUseCases,
    ChatUseCases,
    ProcessesUseCases,
    SocialUseCases,
    StreamingUseCases,
)

# What a door is given and nobody outside may call, and why it asks nothing.
NOT_ASKING = {
    "ResolveActor": "says who acts; there is nobody to ask about before",
    "LoginTokens": "arithmetic on tokens",
    "FindPeople": "facade for other slices",
    "FindChannels": "facade for other slices",
    "CreateChannel": "part of opening an account, which asks",
    "RenameAccount": "part of renaming a channel, which asks",
    "TakeAccountName": "part of renaming a channel, which asks",
    "RenameChannel": "made of MayRenameChannel, which asks",
    "DeleteChannel": "made of RequestChannelDeletion, which asks",
    "CheckPassword": "part of deleting a channel, which asks",
    "TellOfChannelDeletion": "part of deleting a channel, which asks",
    "OpenAccount": "made of SignUp, which asks",
    "ReturnToAccount": "made of SignIn, which asks",
    "OpenChatRoom": "the gateway opens a room once for all who enter, and they ask",
    "LookAtRooms": "what a gateway reads to see which rooms are not for everybody any more",
    "RoomMessages": "what a gateway reads to keep its rooms complete",
}
ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))
CHANNEL_ID = EntityId(UUID(int=2))


def use_cases() -> Iterator[type[Any]]:
    for door in DOORS:
        hints = get_type_hints(door)
        yield from (hints[field.name] for field in fields(door) if hints[field.name] not in DOORS)


def actions_named_in(source: str) -> set[str]:
    """`Action.X` where `Action` is the name by itself."""
    return {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Action"
    }


def test_every_action_has_a_rule() -> None:
    assert set(RULES) == set(Action)


def test_every_use_case_asks_and_every_rule_is_asked_for() -> None:
    asking = {use_case for use_case in use_cases() if use_case.__name__ not in NOT_ASKING}
    silent = [use_case.__name__ for use_case in asking if not actions_named_in(inspect.getsource(use_case))]
    assert silent == [], "give it an Action, a rule, and a call in tests/unit/access"
    asked_for: set[str] = set()
    for use_case in asking:
        asked_for |= actions_named_in(inspect.getsource(use_case))
    assert {action.name for action in Action} - asked_for == set(), "a rule that no use case asks for"
    assert set(NOT_ASKING) <= {use_case.__name__ for use_case in use_cases()}, "no longer there"


def test_only_use_cases_name_actions() -> None:
    """Doors and adapters do not decide."""
    naming = [
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if path.relative_to(SOURCES).parts[0] != "access" and actions_named_in(path.read_text())
    ]
    assert naming
    assert [
        name for name in naming if "/application/" not in name and not name.startswith("processes/")
    ] == []


def test_the_page_is_made_of_the_table() -> None:
    assert PAGE.read_text() == access_page(), "run `python tools/access_docs.py`"


async def test_a_refusal_says_who_may() -> None:
    standings = InMemoryStandings()
    access = DecideAccess(standings, standings.supporters, FakeClock())
    for action, words in (
        (Action.CREATE_STREAM_KEY, "Only the channel's owner may do this."),
        (Action.CHANGE_CHANNEL, "Only the channel's owner and its editors may do this."),
        (Action.END_BROADCAST, "Only the channel's owner, its editors and administrators may do this."),
        (Action.READ_AUDIT_LOG, "Only administrators may do this."),
    ):
        with pytest.raises(Forbidden) as refused:
            await access.require(ADA, action, CHANNEL_ID)
        assert refused.value.detail == words


async def test_a_members_only_refusal_names_the_tiers_that_open_it() -> None:
    for tiers, words in (
        (None, "The broadcasts of this channel are for its members."),
        ((), "The broadcasts of this channel are for its members. None of its tiers opens them."),
        (["Gold"], "The broadcasts of this channel are for its members. Its tier 'Gold' opens them."),
        (
            ["Silver", "Gold", "Ruby"],
            "The broadcasts of this channel are for its members."
            " Its tiers 'Silver', 'Gold' and 'Ruby' open them.",
        ),
    ):
        assert MembersOnly(Entitlement.BROADCASTS, tiers).detail == words
    assert MembersOnly(Entitlement.CHAT, ["Gold"]).detail.endswith("Its tier 'Gold' opens it.")


async def test_a_refusal_is_one_also_while_the_tiers_cannot_be_read() -> None:
    standings = InMemoryStandings()
    standings.supporters.is_away = True
    standings.open_for_members_only(CHANNEL_ID)
    access = DecideAccess(standings, standings.supporters, FakeClock())
    with pytest.raises(MembersOnly) as refused:
        await access.require(ADA, Action.OPEN_PLAYBACK, CHANNEL_ID)
    assert refused.value.detail == "The broadcasts of this channel are for its members."


def test_what_is_no_action_yet_can_be_asked_of_a_standing() -> None:
    by_tier = Standing(frozenset({Role.VIEWER, Role.PAID_SUBSCRIBER}), frozenset({Entitlement.REPLAYS}))
    assert by_tier.opens(Entitlement.REPLAYS)
    assert not by_tier.opens(Entitlement.BROADCASTS)
    assert Standing(frozenset({Role.VIEWER, Role.VIP})).opens(Entitlement.REPLAYS)
    assert not Standing(frozenset({Role.VIEWER, Role.PAID_SUBSCRIBER})).opens(Entitlement.REPLAYS)


class _CountingStandings(InMemoryStandings):
    asked = 0

    async def of(self, channel_id: EntityId, account_id: EntityId | None) -> Any:
        self.asked += 1
        return await super().of(channel_id, account_id)


async def test_a_standing_admits_for_a_while_and_a_refusal_is_never_remembered() -> None:
    standings, clock = _CountingStandings(), FakeClock()
    access = DecideAccess(standings, standings.supporters, clock, trusted_s=5)
    with pytest.raises(Forbidden):
        await access.require(ADA, Action.CHANGE_CHANNEL, CHANNEL_ID)
    standings.give(CHANNEL_ID, ADA.require_account(), {Role.EDITOR})
    assert Role.EDITOR in (await access.require(ADA, Action.CHANGE_CHANNEL, CHANNEL_ID)).roles
    assert standings.asked == 2
    standings.give(CHANNEL_ID, ADA.require_account(), set())
    clock.advance(timedelta(seconds=4.9))
    await access.require(ADA, Action.CHANGE_CHANNEL, CHANNEL_ID)
    assert standings.asked == 2
    clock.advance(timedelta(seconds=0.1))
    with pytest.raises(Forbidden):
        await access.require(ADA, Action.CHANGE_CHANNEL, CHANNEL_ID)


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide_access, "MAX_REMEMBERED", 10)
    standings = InMemoryStandings()
    access = DecideAccess(standings, standings.supporters, FakeClock(), trusted_s=5)
    for number in range(100):
        await access.require(
            Actor(AccountId(UUID(int=number))), Action.SEND_CHAT_MESSAGE, EntityId(UUID(int=number))
        )
    assert len(access._remembered) == 10


async def test_nothing_is_remembered_where_nothing_is_trusted() -> None:
    standings = _CountingStandings()
    access = DecideAccess(standings, standings.supporters, FakeClock())
    for _ in range(3):
        await access.require(ADA, Action.SEND_CHAT_MESSAGE, CHANNEL_ID)
    assert standings.asked == 3


class _StandingsThatGoAway(InMemoryStandings):
    is_away = False

    async def of(self, channel_id: EntityId, account_id: EntityId | None) -> Any:
        if self.is_away:
            raise Unavailable("database-away", "The database is away.")
        return await super().of(channel_id, account_id)


async def test_while_nobody_can_be_asked_what_was_known_of_a_channel_still_counts() -> None:
    standings, clock = _StandingsThatGoAway(), FakeClock()
    access = DecideAccess(standings, standings.supporters, clock, trusted_s=5)
    standings.give(CHANNEL_ID, ADA.require_account(), {Role.EDITOR})
    await access.require(ADA, Action.CHANGE_CHANNEL, CHANNEL_ID)
    standings.is_away = True
    clock.advance(timedelta(seconds=599))
    assert Role.EDITOR in (await access.require(ADA, Action.CHANGE_CHANNEL, CHANNEL_ID)).roles
    await access.require(ANONYMOUS, Action.ENTER_CHAT_ROOM, CHANNEL_ID)
    stranger = Actor(AccountId(UUID(int=77)))
    with pytest.raises(Forbidden):
        await access.require(stranger, Action.CHANGE_CHANNEL, CHANNEL_ID)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unavailable):
        await access.require(ANONYMOUS, Action.ENTER_CHAT_ROOM, CHANNEL_ID)
