"""The database engine of one process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def build_engine(database_url: str, *, pool_size: int = 4, statement_timeout_s: float = 10.0) -> AsyncEngine:
    """An engine on `postgresql+asyncpg://…` that heals by itself after a restart of the server.

    Connections that the server closed are replaced when they are asked for; asyncpg knows of them without a
    ping, which would cost three round trips each time. Every statement, lock wait and idle
    transaction has a limit, so nothing hangs.
    """
    engine = create_async_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=3.0,
        pool_recycle=1800,
        connect_args={
            "timeout": 3.0,
            "command_timeout": statement_timeout_s + 2.0,
            "server_settings": {
                "application_name": "livehouse",
                "statement_timeout": f"{int(statement_timeout_s * 1000)}",
                "lock_timeout": "5000",
                "idle_in_transaction_session_timeout": "30000",
                "jit": "off",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def driver_dsn(database_url: str) -> str:
    """The same address as the driver takes it by itself, and PostgreSQL's own programs."""
    return database_url.replace("postgresql+asyncpg://", "postgresql://", 1)


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same connections for units of work that read only: each statement is its own transaction, so it
    costs one round trip and not three."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _refuse_closed(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError  # the pool drops what it has and connects anew
