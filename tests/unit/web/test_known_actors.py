"""Who sent a token a moment ago: for how long that counts, and for what."""

from __future__ import annotations

from uuid import UUID

import pytest

from cpc.kernel.errors import Unauthenticated
from livehouse.accounts.contract import AccountId, Actor
from livehouse.web.known_actors import KnownActors

TOKEN = "token"
ADA = Actor(AccountId(UUID(int=1)))


class Stage:
    def __init__(self, trusted_s: float = 2.0) -> None:
        self.now_s, self.asked = 0.0, 0
        self.open = {TOKEN: ADA}
        self.known = KnownActors(trusted_s, lambda: self.now_s)

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
