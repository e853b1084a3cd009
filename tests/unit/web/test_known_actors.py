"""Who sent a token a moment ago: for how long that counts, and for what."""

from __future__ import annotations

from uuid import UUID

import pytest

from cpc.kernel.errors import Unauthenticated
from livehouse.accounts.contract import AccountId, Actor
from livehouse.web.known_actors import KnownActors

TOKEN = "token"
ADA, GRACE = Actor(AccountId(UUID(int=1))), Actor(AccountId(UUID(int=99_999)))


class Stage:
    def __init__(self, trusted_s: float = 2.0, followed_s: float | None = None) -> None:
        self.now_s, self.asked = 0.0, 0
        self.open = {TOKEN: ADA}
        self.known = KnownActors(trusted_s, followed_s, lambda: self.now_s)

    async def resolve(self, token: str) -> Actor:
        self.asked += 1
        if token not in self.open:
            raise Unauthenticated("invalid-token", "no")
        return self.open[token]

    async def ask(self, token: str = TOKEN, *, changes_nothing: bool = True) -> Actor:
        return await self.known.resolve(token, self.resolve, changes_nothing=changes_nothing)


async def test_reading_soon_again_takes_no_look() -> None:
    stage = Stage()
    assert await stage.ask() is await stage.ask() is ADA
    assert stage.asked == 1
    stage.now_s = 2.0
    await stage.ask()
    assert stage.asked == 2


async def test_a_login_that_ended_elsewhere_reads_on_for_no_longer_than_said() -> None:
    stage = Stage()
    await stage.ask()
    stage.open.clear()
    stage.now_s = 1.9
    assert await stage.ask() == ADA
    stage.now_s = 2.0
    with pytest.raises(Unauthenticated):
        await stage.ask()


async def test_what_changes_something_takes_a_look_and_what_comes_after_it_too() -> None:
    stage = Stage()
    await stage.ask()
    await stage.ask(changes_nothing=False)
    assert stage.asked == 2
    stage.open.clear()  # it signed out
    with pytest.raises(Unauthenticated):
        await stage.ask()


async def test_nobody_is_known_by_a_token_that_does_not_count() -> None:
    stage = Stage()
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await stage.ask("forged")
    assert stage.asked == 2


async def test_where_nothing_is_trusted_each_request_takes_a_look() -> None:
    stage = Stage(0)
    await stage.ask()
    await stage.ask()
    assert stage.asked == 2


async def test_while_changes_are_followed_a_login_is_known_for_longer_and_forgotten_at_once() -> None:
    stage = Stage(2.0, 30.0)
    stage.known.followed()
    await stage.ask()
    stage.now_s = 29.9
    await stage.ask()
    assert stage.asked == 1
    stage.known.changed(GRACE.require_account())
    await stage.ask()
    assert stage.asked == 1, "another's"
    stage.known.changed(ADA.require_account())
    stage.open.clear()
    with pytest.raises(Unauthenticated):
        await stage.ask()


async def test_all_logins_of_an_account_are_forgotten_with_it() -> None:
    stage = Stage(2.0, 30.0)
    stage.open |= {"second": ADA, "other": GRACE}
    for token in stage.open:
        await stage.ask(token)
    stage.known.changed(ADA.require_account())
    stage.asked = 0
    for token in stage.open:
        await stage.ask(token)
    assert stage.asked == 2


async def test_what_was_read_while_something_changed_is_not_kept() -> None:
    """The change may have come after the look and before its answer."""
    stage = Stage(2.0, 30.0)
    stage.known.followed()

    async def resolve(token: str) -> Actor:
        stage.known.changed(ADA.require_account())
        return await stage.resolve(token)

    await stage.known.resolve(TOKEN, resolve, changes_nothing=True)
    await stage.ask()
    assert stage.asked == 2


async def test_nothing_known_outlives_a_time_in_which_changes_were_not_heard() -> None:
    stage = Stage(2.0, 30.0)
    for begins in (stage.known.followed, stage.known.unfollowed, stage.known.followed):
        begins()
        begins()
        asked = stage.asked
        await stage.ask()
        assert stage.asked == asked + 1
    stage.known.unfollowed()
    await stage.ask()
    stage.now_s += 2.0
    stage.asked = 0
    await stage.ask()
    assert stage.asked == 1, "trusted shortly again"


async def test_those_known_for_longest_make_room() -> None:
    stage = Stage(2.0, 30.0)
    stage.open |= {str(number): Actor(AccountId(UUID(int=number))) for number in range(1, 20_010)}
    for token in stage.open:
        await stage.ask(token)
    assert (len(stage.known._known), len(stage.known._keys)) == (20_000, 20_000)
