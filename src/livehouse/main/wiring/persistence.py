"""The database engine of one process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cpc.eventbus.postgres_reads import READ_CONNECTIONS, ReadConnections

_WAIT_S = 3.0
"""For a connection."""


def build_engine(database_url: str, *, pool_size: int = 4, statement_timeout_s: float = 10.0) -> AsyncEngine:
    """An engine on `postgresql+asyncpg://…` that heals by itself after a restart of the server.

    Connections that the server closed are replaced when they are asked for; asyncpg knows of them without a
    ping, which would cost three round trips each time. Every statement, lock wait and idle
    transaction has a limit, so nothing hangs.

    Takes up to 3 times `pool_size` connections: twice as many by itself and as many for reads that go
    straight through the driver (`ReadConnections`).
    """
    connect_args = {
        "timeout": 3.0,
        "command_timeout": statement_timeout_s + 2.0,
        "server_settings": {
            "application_name": "livehouse",
            "statement_timeout": f"{int(statement_timeout_s * 1000)}",
            "lock_timeout": "5000",
            "idle_in_transaction_session_timeout": "30000",
            "jit": "off",
        },
    }
    reads = ReadConnections(
        driver_dsn(database_url), size=pool_size, wait_s=_WAIT_S, connect_args=connect_args
    )
    engine = create_async_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_WAIT_S,
        pool_recycle=1800,
        connect_args=connect_args,
        execution_options={READ_CONNECTIONS: reads},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "engine_disposed", lambda _: reads.close())
    return engine


def read_connections(engine: AsyncEngine) -> ReadConnections:
    """Those of an engine of `build_engine`."""
    reads = engine.get_execution_options()[READ_CONNECTIONS]
    assert isinstance(reads, ReadConnections)
    return reads


def driver_dsn(database_url: str) -> str:
    """The same address as the driver takes it by itself, and PostgreSQL's own programs."""
    return database_url.replace("postgresql+asyncpg://", "postgresql://", 1)


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same server for units of work that read only: each statement is its own transaction, so it costs
    one round trip and not three, and prepared reads go straight through the driver."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _refuse_closed(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError  # the pool drops what it has and connects anew
