"""Where one is signed in, personal access tokens, devices that are known."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.accounts.stage import PASSWORD, Stage

from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.contract import Scope
from livehouse.accounts.application.appoint_administrator import AppointAdministrator
from livehouse.accounts.application.sign_in import (
    MAX_SCARCE_TRIES,
    MAX_TRIES_DEVICE,
    MAX_TRIES_NAME,
    MAX_TRIES_NAME_AND_ADDRESS,
)
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.domain.login_session import LIFETIME, USE_NOTED_EVERY
from livehouse.accounts.domain.personal_access_token import MAX_PER_ACCOUNT, PersonalAccessTokenId

HERE = "192.0.2.1"


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_logins_are_listed_and_ended_one_by_one(stage: Stage) -> None:
    actor, token = await stage.person()
    stage.clock.advance(timedelta(hours=1))
    phone = await stage.sign_in("ada", PASSWORD, address=HERE, program="Phone\x00 \u202e  Browser/1")
    listed = await stage.list_logins(actor, token)
    assert [(one.login_session.program, one.is_current) for one in listed] == [
        ("Phone Browser/1", False),
        ("", True),
    ]
    await stage.end_login(actor, str(listed[0].login_session.id))
    with pytest.raises(Unauthenticated):
        await stage.resolve(phone.token)
    with pytest.raises(NotFound):
        await stage.end_login(actor, str(listed[0].login_session.id))
    bob, bobs = await stage.person("bob")
    with pytest.raises(NotFound):
        await stage.end_login(bob, str(listed[1].login_session.id))
    assert (await stage.resolve(bobs)) == bob


async def test_one_signs_out_everywhere_else(stage: Stage) -> None:
    actor, token = await stage.person()
    others = [await stage.sign_in("ada", PASSWORD, address=HERE) for _ in range(3)]
    _, bobs = await stage.person("bob")
    assert await stage.end_other_logins(actor, token) == 3
    for other in others:
        with pytest.raises(Unauthenticated):
            await stage.resolve(other.token)
    await stage.resolve(token)
    await stage.resolve(bobs)


async def test_a_login_says_when_it_was_used_last(stage: Stage) -> None:
    actor, token = await stage.person()
    (before,) = await stage.list_logins(actor, token)
    stage.clock.advance(USE_NOTED_EVERY - timedelta(seconds=1))
    await stage.resolve(token)
    assert await stage.list_logins(actor, token) == [before], "not at every request"
    stage.clock.advance(timedelta(seconds=1))
    await stage.resolve(token)
    (after,) = await stage.list_logins(actor, token)
    assert after.login_session.last_used_at == stage.clock.now()
    stage.clock.advance(LIFETIME)
    assert await stage.list_logins(actor, token) == []


async def test_an_access_token_acts_for_its_owner_within_its_scopes(stage: Stage) -> None:
    actor, _ = await stage.person()
    shown = await stage.create_access_token(actor, "  My\n overlay ", ["chat:write"], timedelta(days=1))
    assert shown.secret.startswith("lhp_")
    assert shown.secret not in repr(shown) + repr(stage.database.tables)
    by_token = await stage.resolve(shown.secret)
    assert (by_token.account_id, by_token.scopes) == (actor.account_id, frozenset({Scope.CHAT_WRITE}))
    (listed,) = await stage.list_access_tokens(actor)
    assert (listed.name, listed.last_used_at) == ("My overlay", stage.clock.now())
    stage.clock.advance(timedelta(days=1))
    with pytest.raises(Unauthenticated):
        await stage.resolve(shown.secret)
    assert await stage.list_access_tokens(actor) == []


async def test_a_revoked_access_token_counts_no_more(stage: Stage) -> None:
    actor, _ = await stage.person()
    bob, _ = await stage.person("bob")
    shown = await stage.create_access_token(actor, "overlay", ["chat:write"])
    with pytest.raises(NotFound):
        await stage.revoke_access_token(bob, str(shown.token.id))
    await stage.resolve(shown.secret)
    await stage.revoke_access_token(actor, str(shown.token.id))
    with pytest.raises(Unauthenticated):
        await stage.resolve(shown.secret)


@pytest.mark.parametrize(
    ("name", "scopes", "lifetime"),
    [
        ("", ["chat:write"], None),
        ("x" * 61, ["chat:write"], None),
        ("\u202e", ["chat:write"], None),
        ("ok", [], None),
        ("ok", ["everything"], None),
        ("ok", ["chat:write"], timedelta(seconds=1)),
        ("ok", ["chat:write"], timedelta(days=10_000)),
    ],
)
async def test_a_bad_access_token_is_refused(
    stage: Stage, name: str, scopes: list[str], lifetime: timedelta | None
) -> None:
    actor, _ = await stage.person()
    with pytest.raises(Invalid):
        await stage.create_access_token(actor, name, scopes, lifetime)


async def test_a_personal_access_token_is_not_signed_out(stage: Stage) -> None:
    actor, _ = await stage.person()
    made = await stage.create_access_token(actor, "one", ["chat:write"])
    sign_out = SignOut(stage.database.unit_of_work, stage.tokens, stage.access)
    with pytest.raises(Forbidden) as refused:
        await sign_out(await stage.resolve(made.secret), made.secret)
    assert refused.value.slug == "login-required"
    await stage.resolve(made.secret)


async def test_a_token_for_administration_is_for_administrators(stage: Stage) -> None:
    actor, login = await stage.person()
    with pytest.raises(Forbidden) as refused:
        await stage.create_access_token(actor, "later", ["chat:write", "administration"])
    assert refused.value.slug == "not-allowed"
    with pytest.raises(Forbidden):
        await stage.create_access_token(replace(actor, is_administrator=True), "was one", ["administration"])
    assert stage.database.tables.access_tokens == {}
    ids = UuidV7Ids(stage.clock)
    appoint = AppointAdministrator(stage.database.unit_of_work, stage.clock, ids)
    kept = await stage.create_access_token(actor, "chat", ["chat:write"])
    # As versions before this one let anybody make it.
    old = replace(
        kept.token,
        id=PersonalAccessTokenId(ids.uuid()),
        token_hash=b"old",
        scopes=frozenset({Scope.ADMINISTRATION}),
    )
    async with stage.database.unit_of_work() as unit:
        await unit.access_tokens.add(old)
    await appoint("ada", is_administrator=True)
    assert list(stage.database.tables.access_tokens.values()) == [kept.token]
    administrator = await stage.resolve(login)
    made = await stage.create_access_token(administrator, "rule", ["administration"])
    assert (await stage.resolve(made.secret)).scopes == {Scope.ADMINISTRATION}
    await appoint("ada", is_administrator=False)
    with pytest.raises(Unauthenticated):
        await stage.resolve(made.secret)


async def test_access_tokens_are_bounded_and_expired_ones_make_room(stage: Stage) -> None:
    actor, _ = await stage.person()
    for _ in range(MAX_PER_ACCOUNT):
        await stage.create_access_token(actor, "one", ["chat:write"], timedelta(hours=1))
    with pytest.raises(Conflict):
        await stage.create_access_token(actor, "one more", ["chat:write"])
    stage.clock.advance(timedelta(hours=1))
    await stage.create_access_token(actor, "one more", ["chat:write"])
    assert len(stage.database.tables.access_tokens) == 1


async def test_guessing_from_everywhere_does_not_lock_the_owner_out(stage: Stage) -> None:
    """A botnet makes the name's own limit bite; a browser that was there before is not touched by it."""
    await stage.person()
    known = await stage.sign_in("ada", PASSWORD, address=HERE)
    with pytest.raises(RateLimited):
        for number in range(MAX_TRIES_NAME + 1):
            with pytest.raises(Unauthenticated):
                await stage.sign_in("ada", "guess", address=f"198.51.100.{number}")
    with pytest.raises(RateLimited):
        await stage.sign_in("ada", PASSWORD, address="203.0.113.1")
    again = await stage.sign_in("ada", PASSWORD, address="198.51.100.1", device=known.device_token)
    assert again.account.name == known.account.name


async def test_ten_thousand_failed_sign_ins_cost_little_and_stay_few(stage: Stage) -> None:
    await stage.person()
    stage.hasher.verified = 0
    refused = 0
    for number in range(10_000):
        try:
            await stage.sign_in("ada", "guess", address=f"198.51.100.{number % 100}")
        except Unauthenticated:
            pass
        except RateLimited:
            refused += 1
    assert refused == 10_000 - MAX_TRIES_NAME
    assert stage.hasher.verified == MAX_TRIES_NAME, "no password is checked for a refused try"
    assert len(stage.database.tables.attempts) < 310, "a key for each address, and pairs with the name"


async def test_a_few_addresses_do_not_use_up_the_tries_of_a_name(stage: Stage) -> None:
    """Ten of them could, before the last ones were shared out."""
    await stage.person()
    guesses = Counter[str]()
    for address in [f"198.51.100.{number}" for number in range(20)] * MAX_TRIES_NAME_AND_ADDRESS:
        with contextlib.suppress(RateLimited):
            with pytest.raises(Unauthenticated):
                await stage.sign_in("ada", "guess", address=address)
            guesses[address] += 1
    assert sum(guesses.values()) < MAX_TRIES_NAME
    with pytest.raises(Unauthenticated):
        await stage.sign_in("ada", "mistyped", address="203.0.113.1")
    await stage.sign_in("ada", PASSWORD, address="203.0.113.1")
    for _ in range(MAX_SCARCE_TRIES):
        with pytest.raises(Unauthenticated):
            await stage.sign_in("ada", "mistyped", address="203.0.113.1")
    with pytest.raises(RateLimited) as refused:
        await stage.sign_in("ada", PASSWORD, address="203.0.113.1")
    stage.clock.advance(timedelta(seconds=refused.value.retry_after_s))
    await stage.sign_in("ada", PASSWORD, address="203.0.113.1")


async def test_a_device_is_known_to_one_account_only_and_cannot_guess_for_long(stage: Stage) -> None:
    await stage.person()
    await stage.person("bob")
    bobs = (await stage.sign_in("bob", PASSWORD, address=HERE)).device_token
    adas = (await stage.sign_in("ada", PASSWORD, address=HERE)).device_token
    assert stage.tokens.device_of(adas, "ada") is not None
    for wrong in (bobs, adas + "x", "", ".", "\u00e4.\ud800", "x" * 1000, None):
        assert stage.tokens.device_of(wrong, "ada") is None
    for _ in range(MAX_TRIES_DEVICE):
        with pytest.raises(Unauthenticated):
            await stage.sign_in("ada", "guess", address=HERE, device=adas)
    with pytest.raises(RateLimited):
        await stage.sign_in("ada", PASSWORD, address=HERE, device=adas)
