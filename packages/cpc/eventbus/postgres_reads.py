"""Reads that are asked again and again, straight through the driver.

What SQLAlchemy does for each statement (a connection with its transaction, a context, a result with types)
takes the process ten times as long as the driver alone, and these statements are the same every time.
"""

from __future__ import annotations

import asyncio
import time
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import CursorResult, Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.compiler import SQLCompiler

from cpc.eventbus.postgres_errors import as_unavailable
from cpc.kernel.errors import Unavailable

READ_CONNECTIONS = "cpc_read_connections"
"""The execution option of an engine that holds its `ReadConnections`."""

_RENEWED_AFTER_S = 1800.0  # for a name that leads to another server by now
_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


class ReadConnections:
    """At most `size` connections of the driver, each made when it is needed and replaced when it is closed.

    dsn: `postgresql://…`. wait_s: so long a read waits for one of them. connect_args: of `asyncpg.connect`.
    """

    def __init__(self, dsn: str, *, size: int, wait_s: float, connect_args: Mapping[str, Any]) -> None:
        self._dsn = dsn
        self._wait_s = wait_s
        self._connect_args = connect_args
        self._places = asyncio.Semaphore(size)
        self._idle: list[tuple[Any, float]] = []
        self.listeners: list[Callable[[str, Sequence[Any]], None]] = []
        """Told of each statement and its values before it is asked, as those of an engine's events are."""

    async def fetch(self, statement: str, values: Sequence[Any]) -> Sequence[asyncpg.Record]:
        """In a transaction of its own. Raises `Unavailable`."""
        for told in self.listeners:
            told(statement, values)
        await self._wait_for_place()
        try:
            connection, until_s = self._kept() or await self._connect()
            try:
                rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
            except BaseException:
                # It may be broken, or still busy with what nobody waits for.
                connection.terminate()
                raise
            self._idle.append((connection, until_s))
            return rows
        except Exception as error:
            unavailable = as_unavailable(error)
            if unavailable is None:
                raise
            raise unavailable from error
        finally:
            self._places.release()

    def close(self) -> None:
        """Those that nobody uses."""
        while self._idle:
            self._idle.pop()[0].terminate()

    async def _wait_for_place(self) -> None:
        try:
            if self._places.locked():
                async with asyncio.timeout(self._wait_s):
                    await self._places.acquire()
            else:
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("database-busy", "The database is busy. Try again in a moment.") from None

    def _kept(self) -> tuple[Any, float] | None:
        """The one used last, so that in quiet times few are."""
        while self._idle:
            connection, until_s = self._idle.pop()
            if connection.is_closed():
                continue
            if time.monotonic() < until_s:
                return connection, until_s
            connection.terminate()
        return None

    async def _connect(self) -> tuple[Any, float]:
        connection = await asyncpg.connect(self._dsn, **self._connect_args)
        try:
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=_to_json, decoder=msgspec.json.decode
            )
        except BaseException:
            connection.terminate()
            raise
        return connection, time.monotonic() + _RENEWED_AFTER_S


class ReadingConnection(AsyncConnection):
    """Of a unit of work whose statements are a transaction each. Prepared reads go to `reads`; a connection
    of the engine's is taken for other statements only."""

    __slots__ = ("reads",)

    def __init__(self, engine: AsyncEngine, reads: ReadConnections) -> None:
        super().__init__(engine)
        self.reads = reads

    async def execute(self, *args: Any, **kwargs: Any) -> CursorResult[Any]:
        """Raises `Unavailable` when there is no connection to be had."""
        if self.sync_connection is None:
            try:
                await self.start()
            except Exception as error:
                unavailable = as_unavailable(error)
                if unavailable is None:
                    raise
                raise unavailable from error
        found: CursorResult[Any] = await super().execute(*args, **kwargs)
        return found


class PreparedRead:
    """A statement that is made once, with `bindparam`s for what differs each time.

    In a unit of work that only reads it goes straight through the driver, elsewhere through that one's
    transaction. Columns are told apart by their names: those of several tables need labels. Instead of IN,
    whose statement would differ by the number of values, `= ANY`.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._row: Callable[[Iterable[Any]], Any] | None = None

    async def rows(self, connection: AsyncConnection, /, **values: Any) -> Sequence[Any]:
        """With the columns as attributes."""
        if not isinstance(connection, ReadingConnection):
            return (await connection.execute(self._statement, values)).all()
        statement, parameters = self._compiled
        found = await connection.reads.fetch(
            statement, [values.get(name, fixed) for name, fixed in parameters]
        )
        if not found:
            return found
        if self._row is None:
            self._row = namedtuple("Row", found[0].keys())._make  # type: ignore[attr-defined]
        return [self._row(record) for record in found]

    async def row(self, connection: AsyncConnection, /, **values: Any) -> Any:
        """None where there is none. More than one is a mistake in the statement."""
        rows = await self.rows(connection, **values)
        if len(rows) > 1:
            raise RuntimeError("a read of one row found several")
        return rows[0] if rows else None

    @cached_property
    def _compiled(self) -> tuple[str, tuple[tuple[str, Any], ...]]:
        """What the driver is asked, and its parameters in order, with the values of those that are fixed."""
        compiled = self._statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        if compiled.post_compile_params:
            raise TypeError("the text of a prepared read must not depend on its values")
        return compiled.string, tuple(
            (name, compiled.params.get(name)) for name in compiled.positiontup or ()
        )


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
