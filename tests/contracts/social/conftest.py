"""Each suite runs on memory and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from livehouse.main.wiring.persistence import build_engine
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.testing import InMemorySocialDatabase


@pytest.fixture(params=["in-memory", pytest.param("postgres", marks=pytest.mark.integration)])
def storage_url(request: pytest.FixtureRequest) -> str | None:
    """The database to use, None for memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def unit_of_work(storage_url: str | None) -> AsyncIterator[UnitOfWorkFactory]:
    if storage_url is None:
        yield InMemorySocialDatabase().unit_of_work
        return
    engine = build_engine(storage_url)
    yield lambda: PostgresSocialUnitOfWork(engine)
    await engine.dispose()
