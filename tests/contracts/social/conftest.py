from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.ports import UnitOfWorkFactory
from livehouse.social.testing import InMemorySocialDatabase


@pytest.fixture
def unit_of_work(engine: AsyncEngine | None) -> UnitOfWorkFactory:
    return (
        InMemorySocialDatabase().unit_of_work if engine is None else partial(PostgresSocialUnitOfWork, engine)
    )
