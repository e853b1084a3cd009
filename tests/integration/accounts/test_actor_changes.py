"""Whoever keeps what a token said hears of each change of it, whichever process made it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.adapters import postgres_actor_changes
from livehouse.accounts.adapters.postgres_actor_changes import PostgresActorChanges
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.contract import AccountId, Actor
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.wiring.accounts import build_accounts, build_appoint_administrator
from livehouse.main.wiring.persistence import build_engine, driver_dsn

PASSWORD = "a long enough password"


class Heard:
    def __init__(self) -> None:
        self.is_followed = False
        self.accounts: list[AccountId] = []
        self._news = asyncio.Event()

    def followed(self) -> None:
        self.is_followed = True
        self._news.set()

    def unfollowed(self) -> None:
        self.is_followed = False
        self._news.set()

    def changed(self, account_id: AccountId) -> None:
        self.accounts.append(account_id)
        self._news.set()

    async def until_followed(self, is_followed: bool = True) -> None:
        async with asyncio.timeout(30):
            while self.is_followed != is_followed:
                self._news.clear()
                await self._news.wait()

    async def next(self) -> AccountId:
        async with asyncio.timeout(30):
            while not self.accounts:
                self._news.clear()
                await self._news.wait()
        told = self.accounts[0]
        self.accounts.clear()
        return told


@asynccontextmanager
async def following(database_url: str, heartbeat_s: float = 10.0) -> AsyncIterator[Heard]:
    heard = Heard()
    changes = PostgresActorChanges(driver_dsn(database_url), heard, heartbeat_s=heartbeat_s)
    running = asyncio.create_task(changes.run())
    try:
        await heard.until_followed()
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not heard.is_followed


class House:
    def __init__(self, database_url: str) -> None:
        self.engine = build_engine(database_url)
        self.clock = SystemClock()
        self.ids = UuidV7Ids(self.clock)
        keys = KeyRing("k1", {"k1": bytes(32)})
        self.accounts: AccountsUseCases = build_accounts(
            self.engine, self.clock, self.ids, keys, FakePasswordHasher()
        )
        self.appoint = build_appoint_administrator(self.engine, self.clock, self.ids)

    async def person(self, name: str) -> tuple[Actor, str]:
        signed_in = await self.accounts.sign_up(name, PASSWORD, program="Browser/1", address="10.0.0.1")
        return await self.accounts.resolve_actor(signed_in.token), signed_in.token


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    house = House(database_url)
    yield house
    await house.engine.dispose()


async def test_each_change_of_what_a_token_says_is_told(house: House, database_url: str) -> None:
    ada, token = await house.person("ada")
    root, _ = await house.person("root_of_all")
    accounts = house.accounts
    async with following(database_url) as heard:
        await house.appoint("root_of_all", is_administrator=True)
        assert await heard.next() == root.account_id
        root = await accounts.people.actor(root.require_account())

        shown = await accounts.create_access_token(ada, "a program", ["chat:write"], timedelta(days=1))
        await accounts.revoke_access_token(ada, str(shown.token.id))
        assert await heard.next() == ada.account_id

        await accounts.suspend_account(root, "ada", reason="Spam", until=None)
        assert await heard.next() == ada.account_id
        await accounts.lift_suspension(root, "ada", reason="It was somebody else")
        assert await heard.next() == ada.account_id

        await accounts.change_password(ada, "another", PASSWORD, f"{PASSWORD} or two")
        assert await heard.next() == ada.account_id, "its other logins ended"
        with pytest.raises(Exception, match="unknown or has expired"):
            await accounts.resolve_actor(token)

        grace, token = await house.person("grace")
        await accounts.sign_out(grace, token)
        assert await heard.next() == grace.account_id
        await accounts.rename_account(grace.require_account(), "grace_hopper")
        assert await heard.next() == grace.account_id


async def test_what_no_token_says_is_not_told(house: House, database_url: str) -> None:
    ada, token = await house.person("ada")
    async with following(database_url) as heard:
        await house.accounts.change_profile(ada, display_name="Ada", bio="Paints", locale="en")
        await house.accounts.resolve_actor(token)
        await house.accounts.sign_out(ada, token)
        assert [await heard.next()] == [ada.account_id]
        assert heard.accounts == []


async def test_a_connection_that_the_server_ends_is_made_anew(house: House, database_url: str) -> None:
    async with following(database_url) as heard:
        connection = await asyncpg.connect(driver_dsn(database_url))
        await connection.execute(END_OTHERS)
        await heard.until_followed(False)
        await heard.until_followed()
        ada, token = await house.person("ada")
        await house.accounts.sign_out(ada, token)
        assert await heard.next()
        await connection.close()


async def test_where_nothing_comes_through_nobody_believes_to_be_told(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler that gives each statement another connection: what is sent does not come back."""
    monkeypatch.setattr(postgres_actor_changes, "_TIMEOUT_S", 1.0)
    monkeypatch.setattr(postgres_actor_changes, "_RETRY_S", 0.0)
    name = database_url.partition("@/")[2].partition("?")[0]
    connection = await asyncpg.connect(driver_dsn(database_url))
    async with following(database_url, heartbeat_s=0.05) as heard:
        await connection.execute(
            "CREATE SCHEMA silent;"
            "CREATE FUNCTION silent.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT';"
            f"ALTER DATABASE {name} SET search_path = silent, pg_catalog, public"
        )
        await connection.execute(END_OTHERS)
        await heard.until_followed(False)
        async with asyncio.timeout(30):
            while not await connection.fetchval(COUNT_OTHERS):
                assert not heard.is_followed
        assert not heard.is_followed
        await connection.execute(f"ALTER DATABASE {name} RESET search_path")
        await heard.until_followed()
    await connection.close()


_OF_OTHERS = (
    " FROM pg_stat_activity WHERE datname = current_database()"
    " AND query LIKE '%pg_notify%' AND pid <> pg_backend_pid()"
)
COUNT_OTHERS = "SELECT count(*)" + _OF_OTHERS
END_OTHERS = "SELECT pg_terminate_backend(pid)" + _OF_OTHERS
