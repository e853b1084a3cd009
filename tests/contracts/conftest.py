"""Each suite of storage runs on memory and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.main.wiring.persistence import build_engine


@pytest.fixture(params=["in-memory", pytest.param("postgres", marks=pytest.mark.integration)])
def storage_url(request: pytest.FixtureRequest) -> str | None:
    """The database to use, None for memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def engine(storage_url: str | None) -> AsyncIterator[AsyncEngine | None]:
    """To that database, None for memory."""
    if storage_url is None:
        yield None
        return
    engine = build_engine(storage_url, pool_size=8)
    yield engine
    await engine.dispose()
