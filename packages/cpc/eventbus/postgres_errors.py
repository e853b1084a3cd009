"""What an absent or busy PostgreSQL looks like, said in the domain's words."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cpc.kernel.errors import Unavailable


def as_unavailable(error: Exception) -> Unavailable | None:
    """The domain's word for a database that is away or too slow; None for any other error."""
    if isinstance(error, PoolTimeoutError):
        return Unavailable("database-busy", "The database is busy. Try again in a moment.")
    driver_error: BaseException | None = error
    if isinstance(error, DBAPIError):
        driver_error = error.orig.__cause__ if error.orig is not None else None
    if isinstance(driver_error, asyncpg.QueryCanceledError | asyncpg.LockNotAvailableError):
        return Unavailable("database-busy", "The database took too long. Try again in a moment.")
    if isinstance(driver_error, _AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return Unavailable("database-away", "The database is away for the moment. Try again shortly.")
    return None


_AWAY = (
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # between hearing that the server goes and that it went
    ConnectionError,
    FileNotFoundError,  # the Unix socket of a stopped server
    TimeoutError,
)
