"""What storage of accounts promises: the in-memory one and PostgreSQL pass the same suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cpc.kernel.errors import Conflict
from livehouse.access.contract import Suspension
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.login_session import LoginSession
from livehouse.accounts.testing import InMemoryAccountsDatabase
from livehouse.main.wiring.persistence import build_engine

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["in-memory", pytest.param("postgres", marks=pytest.mark.integration)])
def storage_url(request: pytest.FixtureRequest) -> str | None:
    """The database to use, None for memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def unit_of_work(storage_url: str | None) -> AsyncIterator[UnitOfWorkFactory]:
    if storage_url is None:
        yield InMemoryAccountsDatabase().unit_of_work
        return
    engine = build_engine(storage_url)
    yield lambda: PostgresAccountsUnitOfWork(engine)
    await engine.dispose()


def account(name: str = "ada") -> Account:
    return Account(AccountId(uuid4()), AccountName(name), NOW)


def login_session(
    of: Account, token_hash: bytes, *, age: timedelta = timedelta(), days: int = 30
) -> LoginSession:
    created_at = NOW - age
    return LoginSession(of.id, "k1", token_hash, created_at, created_at + timedelta(days=days))


async def test_an_account_is_found_by_name_and_id(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash-1")
    async with unit_of_work() as unit:
        assert await unit.accounts.by_name(AccountName("ada")) == ada
        assert await unit.accounts.by_id(ada.id) == ada
        assert await unit.accounts.password_hash(ada.id) == "hash-1"
        assert await unit.accounts.by_name(AccountName("bob")) is None
        assert await unit.accounts.by_id(AccountId(uuid4())) is None


async def test_a_name_belongs_to_one_account(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        await unit.accounts.add(account(), "hash-1")
    with pytest.raises(Conflict) as taken:
        async with unit_of_work() as unit:
            await unit.accounts.add(account(), "hash-2")
    assert taken.value.slug == "name-taken"


async def test_what_fails_is_rolled_back(unit_of_work: UnitOfWorkFactory) -> None:
    with pytest.raises(RuntimeError):
        async with unit_of_work() as unit:
            await unit.accounts.add(account(), "hash-1")
            raise RuntimeError("the use case failed")
    async with unit_of_work() as unit:
        assert await unit.accounts.by_name(AccountName("ada")) is None


async def test_a_password_hash_is_replaced(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "old")
        await unit.accounts.set_password_hash(ada.id, "new")
    async with unit_of_work() as unit:
        assert await unit.accounts.password_hash(ada.id) == "new"


async def test_a_login_session_is_found_by_key_and_hash_until_removed(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    ada = account()
    opened = login_session(ada, b"h" * 32)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.login_sessions.add(opened, keep_newest=10)
    async with unit_of_work() as unit:
        assert await unit.login_sessions.find([("k0", b"x" * 32), ("k1", b"h" * 32)]) == (opened, ada)
        assert await unit.login_sessions.find([("k0", b"h" * 32)]) is None, "the hash of another key"
        await unit.login_sessions.remove([("k0", b"h" * 32)])
        assert await unit.login_sessions.find([("k1", b"h" * 32)]) is not None
        await unit.login_sessions.remove([("k1", b"h" * 32)])
        assert await unit.login_sessions.find([("k1", b"h" * 32)]) is None


async def test_expired_and_surplus_login_sessions_of_the_account_go(unit_of_work: UnitOfWorkFactory) -> None:
    ada, bob = account("ada"), account("bob")
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.accounts.add(bob, "hash")
        await unit.login_sessions.add(login_session(bob, b"bob", age=timedelta(days=9)), keep_newest=2)
        expired = login_session(ada, b"expired", age=timedelta(days=2), days=1)
        for one in (
            login_session(ada, b"oldest", age=timedelta(days=3)),
            expired,
            login_session(ada, b"older", age=timedelta(days=1)),
            login_session(ada, b"newest"),
        ):
            await unit.login_sessions.add(one, keep_newest=2)
        kept = [
            name
            for name in (b"oldest", b"expired", b"older", b"newest", b"bob")
            if await unit.login_sessions.find([("k1", name)]) is not None
        ]
    assert kept == [b"older", b"newest", b"bob"]


async def test_tries_are_counted_in_windows(unit_of_work: UnitOfWorkFactory) -> None:
    later, after_window = NOW + timedelta(seconds=50), NOW + timedelta(seconds=100)
    async with unit_of_work() as unit:
        assert await unit.attempts.count([b"b", b"a"], NOW, 100) == [(1, NOW), (1, NOW)]
    async with unit_of_work() as unit:
        assert await unit.attempts.count([b"a", b"c"], later, 100) == [(2, NOW), (1, later)]
    async with unit_of_work() as unit:
        assert await unit.attempts.count([b"a"], after_window, 100) == [(1, after_window)]


async def test_tries_are_forgiven_one_by_one_or_all(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        for _ in range(3):
            await unit.attempts.count([b"a", b"b"], NOW, 100)
        await unit.attempts.forgive([b"a", b"unknown"], forget=False)
        await unit.attempts.forgive([b"b"], forget=True)
        assert [tries for tries, _ in await unit.attempts.count([b"a", b"b"], NOW, 100)] == [3, 1]


async def test_administrators_and_suspensions_are_kept_with_the_account(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    ada, until = account(), NOW + timedelta(days=1)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.accounts.set_administrator(ada.id, True)
        await unit.accounts.set_suspension(ada.id, Suspension("spam", until))
    async with unit_of_work() as unit:
        found = await unit.accounts.by_name(AccountName("ada"), for_update=True)
        assert found == replace(ada, is_administrator=True, suspension=Suspension("spam", until))
        await unit.login_sessions.add(login_session(ada, b"h"), keep_newest=1)
        opened = await unit.login_sessions.find([("k1", b"h")])
        assert opened is not None
        assert opened[1] == found
        await unit.accounts.set_suspension(ada.id, None)
        assert await unit.accounts.by_id(ada.id) == replace(ada, is_administrator=True)


async def test_accounts_are_listed_by_name(unit_of_work: UnitOfWorkFactory) -> None:
    names = ["a_b", "a_bc", "aab", "abc", "zoe"]  # an underscore is a letter, not a wildcard
    async with unit_of_work() as unit:
        for name in reversed(names):
            await unit.accounts.add(account(name), "hash")
        for name, until in (("abc", None), ("zoe", NOW)):
            one = await unit.accounts.by_name(AccountName(name))
            assert one is not None
            await unit.accounts.set_suspension(one.id, Suspension("spam", until))

        async def listed(**asked: Any) -> list[str]:
            page = await unit.accounts.page(
                **{"prefix": "", "suspended_at": None, "after": None, "limit": 10, **asked}
            )
            return [one.name.value for one in page]

        assert await listed() == names
        assert await listed(prefix="a_b") == ["a_b", "a_bc"]
        assert await listed(after=AccountName("a_bc"), limit=2) == ["aab", "abc"]
        assert await listed(suspended_at=NOW - timedelta(seconds=1)) == ["abc", "zoe"]
        assert await listed(suspended_at=NOW) == ["abc"], "the end has come"


async def test_the_audit_log_is_read_newest_first(unit_of_work: UnitOfWorkFactory) -> None:
    entries = [
        AuditEntry(
            AuditEntryId(UUID(int=number)),
            NOW,
            AccountId(UUID(int=1)) if number % 2 else None,
            AccountName("ada") if number % 2 else None,
            "suspend_account",
            "acc_1",
            "bob",
            f"reason {number}",
        )
        for number in range(1, 6)
    ]
    async with unit_of_work() as unit:
        for entry in (*entries, entries[0]):
            await unit.audit_log.add(entry)
    async with unit_of_work() as unit:
        newest_first = entries[::-1]
        assert list(await unit.audit_log.page(before=None, limit=3)) == newest_first[:3]
        assert list(await unit.audit_log.page(before=entries[2].id, limit=9)) == newest_first[3:]
