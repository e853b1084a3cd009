"""The real hasher: right, bounded, and never on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from cpc.kernel.errors import Unavailable
from livehouse.accounts.adapters.argon2_password_hasher import Argon2PasswordHasher
from livehouse.accounts.domain.password import Password

RIGHT, WRONG = Password.parse("correct horse battery"), Password.parse("wrong horse battery")


@pytest.fixture
def hasher() -> Iterator[Argon2PasswordHasher]:
    hasher = Argon2PasswordHasher(threads=1, max_waiting=2)
    yield hasher
    hasher.close()


async def test_only_the_right_password_fits(hasher: Argon2PasswordHasher) -> None:
    password_hash = await hasher.hash(RIGHT)
    assert password_hash.startswith("$argon2id$")
    assert await hasher.verify(RIGHT, password_hash)
    assert not await hasher.verify(WRONG, password_hash)
    assert not hasher.needs_rehash(password_hash)
    assert hasher.needs_rehash("$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")


async def test_a_name_nobody_has_costs_a_check(hasher: Argon2PasswordHasher) -> None:
    await hasher.verify_nothing(RIGHT)


async def test_too_many_at_once_are_refused_and_places_come_free(hasher: Argon2PasswordHasher) -> None:
    tasks = [asyncio.create_task(hasher.hash(RIGHT)) for _ in range(6)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 3
    await hasher.hash(RIGHT)
