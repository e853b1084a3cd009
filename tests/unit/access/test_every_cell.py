"""Every use case tried as everybody: what happens is what docs/access.md says, cell by cell.

The page is the expectation and the use cases are the real ones, so a use case that forgets to ask, asks for
something else or acts before it has asked fails here.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.access.everybody import (
    CALLS,
    CAST,
    CHANNEL,
    COLUMNS,
    EVERY_BENEFIT,
    NOW,
    World,
    documented,
)

from cpc.kernel.errors import Forbidden, Unauthenticated
from livehouse.access.application.described import NO, YES
from livehouse.access.contract import Action, Entitlement, Role, Scope, Suspended, Suspension
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.login_session import LIFETIME
from livehouse.accounts.testing import FakePasswordHasher

for _slice in (
    "accounts",
    "channel",
    "channel_content",
    "channel_discovery",
    "channel_life",
    "streaming",
    "chat",
    "social",
):
    importlib.import_module(f"tests.unit.access.calls_{_slice}")

DOCUMENTED = documented()
ACTIONS = list(Action)


def strongest(action: Action) -> Actor:
    """Somebody who may, by what they are to the channel where that is enough."""
    cells = DOCUMENTED[action]
    able = [column for column in COLUMNS if cells.get(column) == YES and column != Role.ANONYMOUS]
    return CAST[next((column for column in able if column != Role.ADMINISTRATOR), Role.ADMINISTRATOR)]


def test_every_action_has_a_way_to_be_done_and_a_row() -> None:
    assert set(CALLS) == set(Action) == set(DOCUMENTED)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_cell(action: Action, column: str) -> None:
    cell = DOCUMENTED[action]["viewer" if column not in DOCUMENTED[action] else column]
    assert cell in {YES, NO}
    world, actor = World(), CAST[column]
    if cell == YES:
        await world.perform(action, actor)
    elif actor.is_anonymous:
        with pytest.raises(Unauthenticated):
            await world.perform(action, actor)
    else:
        with pytest.raises(Forbidden) as refused:
            await world.perform(action, actor)
        assert refused.value.slug == "not-allowed"
    if cell == YES or not actor.is_anonymous:
        assert {asked for asked, _ in world.access.asked} == {action}, "asked for itself and nothing else"


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_expired_token_does_nothing_at_all(action: Action) -> None:
    from_calls = importlib.import_module("tests.unit.access.calls_accounts")
    world = World()
    await world.furnish()
    tokens = from_calls.tokens(world)
    sign_in = SignIn(world.accounts.unit_of_work, FakePasswordHasher(), tokens, world.clock, world.access)
    resolve = ResolveActor(world.accounts.unit_of_work, tokens, world.clock)
    signed_in = await sign_in("ada", from_calls.PASSWORD, address="192.0.2.1")
    assert (await resolve(signed_in.token)).account_id == CHANNEL.owner_id
    world.clock.advance(LIFETIME)
    world.access.asked.clear()
    with pytest.raises(Unauthenticated) as refused:
        await CALLS[action](world, await resolve(signed_in.token))
    assert refused.value.slug == "invalid-token"
    assert world.access.asked == []


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_suspended_account(action: Action) -> None:
    suspended = replace(strongest(action), suspension=Suspension("spam", NOW + timedelta(days=1)))
    if DOCUMENTED[action]["Suspended account"] == YES:
        await World().perform(action, suspended)
        return
    with pytest.raises(Suspended) as refused:
        await World().perform(action, suspended)
    assert refused.value.slug == "account-suspended"
    assert "spam" in refused.value.detail


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_suspended_channel(action: Action) -> None:
    tried = World()
    await tried.perform(action, strongest(action))
    is_about_a_channel = tried.access.asked[-1][1] is not None
    world = World()
    world.when_ready = lambda: world.standings.suspend(CHANNEL.id)
    if not is_about_a_channel or DOCUMENTED[action]["Suspended channel"] == YES:
        await world.perform(action, strongest(action))
        return
    with pytest.raises(Suspended) as refused:
        await world.perform(action, strongest(action))
    assert refused.value.slug == "channel-suspended"


_MEMBERS = {
    Role.VIP,
    Role.MODERATOR,
    Role.EDITOR,
    Role.OWNER,
    Role.ADMINISTRATOR,
}


_CLOSED = ("Members-only channel", "Members-only chat")


def _close(world: World, closed: str) -> None:
    if closed == "Members-only channel":
        world.standings.open_for_members_only(CHANNEL.id)
    else:
        world.standings.open_chat_for_members_only(CHANNEL.id)


@pytest.mark.parametrize("closed", _CLOSED)
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("action", ACTIONS)
async def test_what_is_for_members_only(action: Action, column: str, closed: str) -> None:
    """Whoever may otherwise: members still, others only where the page says so."""
    cells, actor = DOCUMENTED[action], CAST[column]
    if cells["viewer" if column not in cells else column] == NO:
        return
    taken = cells[closed]
    assert taken == YES or taken.strip("`") in set(Entitlement)
    world = World()
    world.when_ready = lambda: _close(world, closed)
    if taken == YES or column in {*_MEMBERS, Role.PAID_SUBSCRIBER}:
        await world.perform(action, actor)
        return
    with pytest.raises(Unauthenticated if actor.is_anonymous else Forbidden) as refused:
        await world.perform(action, actor)
    if actor.is_anonymous:
        assert refused.value.slug == "sign-in-required"
        return
    assert refused.value.slug == "members-only"
    assert "Its tier 'First' opens" in refused.value.detail


@pytest.mark.parametrize("closed", _CLOSED)
@pytest.mark.parametrize("column", [*sorted(_MEMBERS), Role.PAID_SUBSCRIBER])
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_suspended_account_is_no_member(action: Action, column: str, closed: str) -> None:
    """Whatever opens it to them otherwise: a tier or a role."""
    cells, suspended = DOCUMENTED[action], replace(CAST[column], suspension=Suspension("spam", None))
    if cells[column] == NO:
        return
    world = World()
    world.when_ready = lambda: _close(world, closed)
    if cells["Suspended account"] == YES and cells[closed] == YES:
        await world.perform(action, suspended)
        return
    with pytest.raises(Suspended) as refused:
        await world.perform(action, suspended)
    assert refused.value.slug == "account-suspended"
    assert "spam" in refused.value.detail


@pytest.mark.parametrize("closed", _CLOSED)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_tier_opens_what_it_has_and_nothing_else(action: Action, closed: str) -> None:
    cells, supporter = DOCUMENTED[action], CAST[Role.PAID_SUBSCRIBER]
    if cells[Role.PAID_SUBSCRIBER] == NO:
        return
    taken = cells[closed].strip("`")
    for benefit in EVERY_BENEFIT:
        world = World(benefits=(benefit,))
        world.when_ready = lambda world=world: _close(world, closed)
        if taken in {YES, benefit.kind.value}:
            await world.perform(action, supporter)
            continue
        with pytest.raises(Forbidden) as refused:
            await world.perform(action, supporter)
        assert refused.value.slug == "members-only"
        assert "None of its tiers opens" in refused.value.detail


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_unconfirmed_mail_address(action: Action) -> None:
    unconfirmed = replace(strongest(action), is_confirmed=False)
    if DOCUMENTED[action]["Confirmed"] == NO:
        await World().perform(action, unconfirmed)
        return
    with pytest.raises(Forbidden) as refused:
        await World().perform(action, unconfirmed)
    assert refused.value.slug == "mail-not-confirmed"


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_personal_access_token_needs_the_scope(action: Action) -> None:
    cells, actor = DOCUMENTED[action], strongest(action)
    without = frozenset(scope for scope in Scope if f"`{scope}`" != cells["Token"])
    if cells["Token"] == "any":
        await World().perform(action, replace(actor, scopes=frozenset()))
        return
    with pytest.raises(Forbidden) as refused:
        await World().perform(action, replace(actor, scopes=without))
    if cells["Token"] == "login":
        assert refused.value.slug == "login-required"
    else:
        assert refused.value.slug == "scope-missing"
        await World().perform(action, replace(actor, scopes=frozenset(set(Scope) - without)))
