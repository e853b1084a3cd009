from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.testing import InMemoryAccountsDatabase


@pytest.fixture
def unit_of_work(engine: AsyncEngine | None) -> UnitOfWorkFactory:
    if engine is None:
        return InMemoryAccountsDatabase().unit_of_work
    return partial(PostgresAccountsUnitOfWork, engine)
