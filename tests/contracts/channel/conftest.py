from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.testing import InMemoryChannelDatabase


@pytest.fixture
def unit_of_work(engine: AsyncEngine | None) -> UnitOfWorkFactory:
    if engine is None:
        return InMemoryChannelDatabase().unit_of_work
    return partial(PostgresChannelUnitOfWork, engine)
