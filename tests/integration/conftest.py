from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.main.wiring.persistence import build_engine


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """To a fresh database with all tables."""
    engine = build_engine(database_url)
    yield engine
    await engine.dispose()
