"""Ten thousand sign-ins fail, on a real PostgreSQL: they are cheap, leave little, and keep nobody else out.

Only the hashing of passwords is pretended, for it is what the tries must not reach.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import RateLimited, Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.application.sign_in import MAX_TRIES_ADDRESS, MAX_TRIES_NAME
from livehouse.accounts.application.throttle import WINDOW_S
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.wiring.accounts import build_accounts

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PASSWORD = "correct horse battery"
AT_HOME = "192.0.2.1"
AT_ONCE = 6
ADDRESSES = 90

Try = tuple[str, str]
"""(name, address)"""


@pytest.fixture
def hasher() -> FakePasswordHasher:
    return FakePasswordHasher()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def accounts(engine: AsyncEngine, clock: FakeClock, hasher: FakePasswordHasher) -> AccountsUseCases:
    return build_accounts(engine, clock, UuidV7Ids(clock), KeyRing("k", {"k": b"k" * 32}), hasher)


async def fail(accounts: AccountsUseCases, tries: Iterable[Try]) -> Counter[type[Exception]]:
    """Several at once; what they were answered."""
    answers: Counter[type[Exception]] = Counter()
    waiting = iter(tries)

    async def guess() -> None:
        for name, address in waiting:
            with pytest.raises((Unauthenticated, RateLimited)) as refused:
                await accounts.sign_in(name, "guess", address=address)
            answers[type(refused.value)] += 1

    await asyncio.gather(*(guess() for _ in range(AT_ONCE)))
    return answers


def at_one_name(count: int) -> Iterator[Try]:
    """As a botnet does."""
    return (("ada", f"198.51.100.{number % ADDRESSES}") for number in range(count))


def at_any_name(count: int) -> Iterator[Try]:
    """As somebody with a list does."""
    return ((f"person_{number}", "203.0.113.7") for number in range(count))


async def rows(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM accounts.attempt")) or 0)


async def test_ten_thousand_failed_sign_ins(
    accounts: AccountsUseCases, engine: AsyncEngine, clock: FakeClock, hasher: FakePasswordHasher
) -> None:
    for name in ("ada", "bob"):
        await accounts.sign_up(name, PASSWORD, address=AT_HOME)
    device = (await accounts.sign_in("ada", PASSWORD, address=AT_HOME)).device_token
    hasher.verified = 0
    answers = await fail(accounts, at_one_name(500))
    answers += await fail(accounts, at_any_name(500))
    admitted = MAX_TRIES_NAME + MAX_TRIES_ADDRESS
    assert answers == {Unauthenticated: admitted, RateLimited: 1000 - admitted}

    gc.collect()
    kept_rows, kept_objects = await rows(engine), len(gc.get_objects())
    assert kept_rows <= 3 * admitted + 3, "at most a row for each key of a try that was let through"
    more = await fail(accounts, at_one_name(8000)) + await fail(accounts, at_any_name(1000))
    assert more == {RateLimited: 9000}
    gc.collect()
    assert await rows(engine) == kept_rows, "a try that is refused leaves nothing in the database"
    assert len(gc.get_objects()) - kept_objects < 4500, "nor in the process"
    assert hasher.verified == admitted, "nor is a password hashed for it"

    with pytest.raises(RateLimited):
        await accounts.sign_in("ada", PASSWORD, address="203.0.113.8")
    again = await accounts.sign_in("ada", PASSWORD, address="198.51.100.1", device=device)
    assert again.account.name.value == "ada", "in her own browser she gets in, wherever it is"
    for address in (AT_HOME, "198.51.100.2"):
        await accounts.sign_in("bob", PASSWORD, address=address)

    clock.advance(timedelta(seconds=WINDOW_S))
    for _ in range(1 + kept_rows // 100):
        await accounts.sign_in("ada", PASSWORD, address="203.0.113.8")
    assert await rows(engine) <= 3, "what is over goes bit by bit with the tries that follow"
