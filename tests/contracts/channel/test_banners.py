"""What storage of banners promises: the in-memory one and PostgreSQL pass the same suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cpc.images.image import ImageName
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.testing import InMemoryChannelDatabase
from livehouse.main.wiring.persistence import build_engine

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE, OTHER = ImageName("1" * 40), ImageName("2" * 40)


@pytest.fixture(params=["in-memory", pytest.param("postgres", marks=pytest.mark.integration)])
def storage_url(request: pytest.FixtureRequest) -> str | None:
    """The database to use, None for memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def unit_of_work(storage_url: str | None) -> AsyncIterator[UnitOfWorkFactory]:
    if storage_url is None:
        yield InMemoryChannelDatabase().unit_of_work
        return
    engine = build_engine(storage_url)
    yield lambda: PostgresChannelUnitOfWork(engine)
    await engine.dispose()


async def test_a_banner_is_put_replaced_and_taken_away(unit_of_work: UnitOfWorkFactory) -> None:
    clock = FakeClock()
    create = CreateChannel(unit_of_work, clock, UuidV7Ids(clock))
    ada = (await create(AccountId(uuid4()), AccountName("ada"))).id
    bob = (await create(AccountId(uuid4()), AccountName("bob"))).id
    async with unit_of_work() as unit:
        assert await unit.banners.of(ada) is None
        assert await unit.banners.replace(ada, ONE) is None
        assert await unit.banners.replace(bob, ONE) is None
        await unit.images_in_doubt.add(OTHER, NOW)
    async with unit_of_work() as unit:
        assert await unit.banners.of(ada) == ONE
        assert await unit.banners.replace(ada, OTHER) == ONE
        assert await unit.banners.among([ONE, OTHER, ImageName("3" * 40)]) == {ONE, OTHER}
        assert await unit.banners.replace(ada, None) == OTHER
        assert await unit.banners.replace(ada, None) is None
        assert await unit.banners.among([ONE, OTHER]) == {ONE}
