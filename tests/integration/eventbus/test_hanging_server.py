"""A server that does not answer is one that is away, not an error nobody foresaw."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import text

from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.errors import Unavailable
from livehouse.main.wiring.persistence import build_engine, reading


@pytest.mark.parametrize("reads_only", [True, False])
async def test_a_server_that_hangs_is_unavailable(database_url: str, reads_only: bool) -> None:
    engine = build_engine(database_url, statement_timeout_s=3)
    units = reading(engine) if reads_only else engine
    pid = 0
    try:
        with pytest.raises(Unavailable) as refused:
            async with PostgresTransaction(units) as unit:
                pid = int(await unit.connection.scalar(text("SELECT pg_backend_pid()")) or 0)
                os.kill(pid, signal.SIGSTOP)
                await unit.connection.execute(text("SELECT 1"))
        assert refused.value.slug == "database-away"
    finally:
        os.kill(pid, signal.SIGCONT)
    async with PostgresTransaction(units) as unit:
        assert await unit.connection.scalar(text("SELECT 1")) == 1, "with another connection"
    await engine.dispose()
