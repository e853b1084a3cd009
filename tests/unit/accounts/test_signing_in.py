"""Sign up, in and out with fakes at the ports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Conflict, Invalid, RateLimited, Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.access.testing import access_for
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.queries import ReadOwnAccount
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.sign_in import MAX_TRIES_ADDRESS, MAX_TRIES_NAME_AND_ADDRESS, SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import MAX_SIGN_UPS_OF_ADDRESS, SignUp
from livehouse.accounts.application.throttle import WINDOW_S
from livehouse.accounts.contract import ANONYMOUS, AccountOpened
from livehouse.accounts.domain.login_session import LIFETIME
from livehouse.accounts.testing import FakePasswordHasher, InMemoryAccountsDatabase

OLD_KEY, NEW_KEY = b"o" * 32, b"n" * 32
PASSWORD = "correct horse battery"


@dataclass
class World:
    clock: FakeClock = field(default_factory=FakeClock)
    database: InMemoryAccountsDatabase = field(default_factory=InMemoryAccountsDatabase)
    hasher: FakePasswordHasher = field(default_factory=FakePasswordHasher)
    keyring: KeyRing = field(default_factory=lambda: KeyRing("old", {"old": OLD_KEY}))

    @property
    def tokens(self) -> LoginTokens:
        return LoginTokens(self.keyring, self.clock, UuidV7Ids(self.clock))

    @property
    def sign_up(self) -> SignUp:
        return SignUp(
            self.database.unit_of_work,
            self.hasher,
            self.tokens,
            self.clock,
            UuidV7Ids(self.clock),
            access_for(),
        )

    @property
    def sign_in(self) -> SignIn:
        return SignIn(self.database.unit_of_work, self.hasher, self.tokens, self.clock, access_for())

    @property
    def sign_out(self) -> SignOut:
        return SignOut(self.database.unit_of_work, self.tokens, access_for())

    @property
    def resolve(self) -> ResolveActor:
        return ResolveActor(self.database.unit_of_work, self.tokens, self.clock)


@pytest.fixture
def world() -> World:
    return World()


async def test_who_signs_up_is_signed_in_and_it_is_told(world: World) -> None:
    signed_in = await world.sign_up("Ada", PASSWORD)
    actor = await world.resolve(signed_in.token)
    assert (str(actor.name), actor.account_id) == ("ada", signed_in.account.id)
    (event,) = world.database.events
    assert AccountOpened.from_cloud_event(event).account_id == signed_in.account.id
    found = await ReadOwnAccount(world.database.unit_of_work, access_for())(actor)
    assert found == signed_in.account


async def test_a_name_is_taken_once_in_any_case(world: World) -> None:
    await world.sign_up("ada", PASSWORD)
    with pytest.raises(Conflict) as taken:
        await world.sign_up("ADA", PASSWORD)
    assert taken.value.slug == "name-taken"


@pytest.mark.parametrize(("name", "password"), [("a", PASSWORD), ("api", PASSWORD), ("ada", "short")])
async def test_nothing_is_made_of_a_bad_name_or_password(world: World, name: str, password: str) -> None:
    with pytest.raises(Invalid):
        await world.sign_up(name, password)
    assert world.database.events == []


async def test_signing_in_gives_a_token_of_its_own(world: World) -> None:
    first = await world.sign_up("ada", PASSWORD)
    second = await world.sign_in("ADA", PASSWORD, address="192.0.2.1")
    assert first.token != second.token
    await world.sign_out(await world.resolve(first.token), first.token)
    with pytest.raises(Unauthenticated):
        await world.resolve(first.token)
    assert (await world.resolve(second.token)).account_id == first.account.id


async def test_an_unknown_name_looks_and_costs_like_a_wrong_password(world: World) -> None:
    await world.sign_up("ada", PASSWORD)
    refusals = []
    for name in ("ada", "nobody", "not a name!"):
        before = world.hasher.verified
        with pytest.raises(Unauthenticated) as refused:
            await world.sign_in(name, "wrong password", address="192.0.2.1")
        refusals.append((refused.value.slug, refused.value.detail, world.hasher.verified - before))
    assert refusals == [refusals[0]] * 3
    assert refusals[0][2] == 1


async def test_guessing_is_throttled_for_that_name_and_address_only(world: World) -> None:
    await world.sign_up("ada", PASSWORD)
    await world.sign_up("bob", PASSWORD)
    for _ in range(MAX_TRIES_NAME_AND_ADDRESS):
        with pytest.raises(Unauthenticated):
            await world.sign_in("ada", "wrong password", address="192.0.2.1")
    before = world.hasher.verified
    with pytest.raises(RateLimited) as throttled:
        await world.sign_in("ada", PASSWORD, address="192.0.2.1")
    assert world.hasher.verified == before, "no work is done for a throttled try"
    assert 0 < throttled.value.retry_after_s <= WINDOW_S
    await world.sign_in("ada", PASSWORD, address="192.0.2.2")
    await world.sign_in("bob", PASSWORD, address="192.0.2.1")
    world.clock.advance(timedelta(seconds=WINDOW_S))
    await world.sign_in("ada", PASSWORD, address="192.0.2.1")


async def test_one_address_locks_no_name_out_for_others(world: World) -> None:
    await world.sign_up("ada", PASSWORD)
    for _ in range(130):
        with pytest.raises((Unauthenticated, RateLimited)):
            await world.sign_in("ada", "wrong password", address="192.0.2.1")
    await world.sign_in("ada", PASSWORD, address="192.0.2.2")
    for number in range(MAX_TRIES_ADDRESS):
        with pytest.raises((Unauthenticated, RateLimited)):
            await world.sign_in(f"name_{number}", "wrong password", address="192.0.2.1")
    rows = len(world.database.tables.attempts)
    for number in range(1000):
        with pytest.raises(RateLimited):
            await world.sign_in(f"another_{number}", "wrong password", address="192.0.2.1")
    assert len(world.database.tables.attempts) == rows, "a refused try leaves nothing"


async def test_unknown_names_are_throttled_as_known_ones_are(world: World) -> None:
    for _ in range(MAX_TRIES_NAME_AND_ADDRESS):
        with pytest.raises(Unauthenticated):
            await world.sign_in("nobody", "wrong password", address="192.0.2.1")
    with pytest.raises(RateLimited):
        await world.sign_in("nobody", "wrong password", address="192.0.2.1")


async def test_one_address_opens_only_so_many_accounts(world: World) -> None:
    for number in range(MAX_SIGN_UPS_OF_ADDRESS):
        await world.sign_up(f"person_{number}", PASSWORD, address="192.0.2.1")
    with pytest.raises(RateLimited):
        await world.sign_up("one_more", PASSWORD, address="192.0.2.1")
    await world.sign_up("elsewhere", PASSWORD, address="192.0.2.2")
    await world.sign_up("by_operator", PASSWORD)


async def test_signing_in_well_is_never_throttled(world: World) -> None:
    await world.sign_up("ada", PASSWORD)
    for _ in range(300):
        await world.sign_in("ada", PASSWORD, address="192.0.2.1")


async def test_an_outdated_hash_is_renewed_at_sign_in(world: World) -> None:
    signed_in = await world.sign_up("ada", PASSWORD)
    async with world.database.unit_of_work() as unit:
        await unit.accounts.set_password_hash(signed_in.account.id, f"outdated${PASSWORD}")
    await world.sign_in("ada", PASSWORD, address="192.0.2.1")
    async with world.database.unit_of_work() as unit:
        assert await unit.accounts.password_hash(signed_in.account.id) == f"fake${PASSWORD}"


async def test_a_token_expires(world: World) -> None:
    signed_in = await world.sign_up("ada", PASSWORD)
    world.clock.advance(LIFETIME - timedelta(seconds=1))
    await world.resolve(signed_in.token)
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        await world.resolve(signed_in.token)


@pytest.mark.parametrize("token", ["", "lht_", "lht_wrong", "Basic x", "lht_" + "a" * 200, "lht_\u00e4"])
async def test_rubbish_is_no_token(world: World, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await world.resolve(token)
    await world.sign_out(ANONYMOUS, token)


async def test_tokens_outlive_the_rotation_of_keys_until_the_old_key_goes(world: World) -> None:
    signed_in = await world.sign_up("ada", PASSWORD)
    world.keyring = KeyRing("new", {"new": NEW_KEY, "old": OLD_KEY})
    await world.resolve(signed_in.token)
    assert world.tokens.is_csrf_token_of(signed_in.token, signed_in.csrf_token)
    world.keyring = KeyRing("new", {"new": NEW_KEY})
    with pytest.raises(Unauthenticated):
        await world.resolve(signed_in.token)
    assert not world.tokens.is_csrf_token_of(signed_in.token, signed_in.csrf_token)


async def test_a_csrf_token_belongs_to_one_login(world: World) -> None:
    one = await world.sign_up("ada", PASSWORD)
    other = await world.sign_in("ada", PASSWORD, address="192.0.2.1")
    assert world.tokens.is_csrf_token_of(one.token, one.csrf_token)
    assert not world.tokens.is_csrf_token_of(one.token, other.csrf_token)
    assert not world.tokens.is_csrf_token_of(one.token, "")
    assert not world.tokens.is_csrf_token_of(one.token, "\u00e4\ud800")


async def test_secrets_do_not_print(world: World) -> None:
    signed_in = await world.sign_up("ada", PASSWORD)
    assert signed_in.token not in repr(signed_in)
    assert "ooo" not in repr(world.keyring)


def test_a_key_ring_needs_its_active_key_and_long_keys() -> None:
    with pytest.raises(ValueError, match="active"):
        KeyRing("gone", {"old": OLD_KEY})
    with pytest.raises(ValueError, match="shorter"):
        KeyRing("old", {"old": b"short"})
