"""What storage promises of avatars: the in-memory one and PostgreSQL pass the same suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cpc.images.image import ImageName
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account
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


async def test_avatars_are_found_by_whose_they_are_and_by_name(unit_of_work: UnitOfWorkFactory) -> None:
    one, other = ImageName("1" * 40), ImageName("2" * 40)
    ada, bob = replace(account(), avatar=one), account("bob")
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.accounts.add(bob, "hash")
        await unit.images_in_doubt.add(other, NOW)
    async with unit_of_work() as unit:
        assert await unit.accounts.by_id(ada.id) == ada
        assert await unit.accounts.avatars_of([ada.id, bob.id, AccountId(uuid4())]) == {ada.id: one}
        assert await unit.accounts.avatars_among([one, other]) == {one}
        await unit.accounts.save(replace(ada, avatar=None))
        assert await unit.accounts.avatars_among([one, other]) == frozenset()
