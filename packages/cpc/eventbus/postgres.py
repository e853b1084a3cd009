"""A unit of work on PostgreSQL whose events leave by the outbox in the same transaction."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from cpc.eventbus.envelope import CloudEvent, Outbox
from cpc.eventbus.postgres_errors import as_unavailable
from cpc.eventbus.postgres_reads import READ_CONNECTIONS, ReadConnections, ReadingConnection

OUTBOX_NOTIFICATION = "eventbus_outbox"

metadata = MetaData(schema="eventbus")

outbox_table = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("partition_key", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("data_schema", Text),
    Column("traceparent", Text),
    Column("published_at", DateTime(timezone=True)),
    Column("transport_incarnation", Text),
    Column("transport_sequence", BigInteger),
)

inbox_table = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

dead_letter_table = Table(
    "dead_letter",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("event", JSONB, nullable=False),
    Column("error", Text, nullable=False),
    Column("given_up_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


class PostgresTransaction:
    """One connection and one transaction: commits on a clean exit, rolls back on an exception.

    Events given to `outbox` are written just before the commit and announced by NOTIFY.
    Raises `Unavailable` when the server is away, restarting or too slow, at any point.

    On an engine in AUTOCOMMIT each statement is a transaction of its own, and a connection is taken when one
    is needed (`ReadingConnection`).
    """

    def __init__(self, engine: AsyncEngine) -> None:
        options = engine.get_execution_options()
        self._engine = engine
        self._reads: ReadConnections | None = None
        if options.get("isolation_level") == "AUTOCOMMIT":
            self._reads = options.get(READ_CONNECTIONS)
        self._connection: AsyncConnection | None = None
        self._transaction: AsyncTransaction | None = None
        self._outbox = _PendingEvents()

    @property
    def connection(self) -> AsyncConnection:
        if self._connection is None:
            raise RuntimeError("the transaction has not begun")
        return self._connection

    @property
    def outbox(self) -> Outbox:
        return self._outbox

    async def __aenter__(self) -> Self:
        if self._reads is not None:
            self._connection = ReadingConnection(self._engine, self._reads)
            return self
        try:
            self._connection = await self._engine.connect()
            self._transaction = await self._connection.begin()
        except Exception as error:
            await self._close()
            unavailable = as_unavailable(error)
            if unavailable is None:
                raise
            raise unavailable from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._outbox.flush(self.connection)
                if self._transaction is not None:
                    await self._transaction.commit()
        except Exception as failure:
            unavailable = as_unavailable(failure)
            if unavailable is None:
                raise
            raise unavailable from failure
        finally:
            await self._close()
        # A server that hangs is a bare TimeoutError of the driver.
        if isinstance(error, SQLAlchemyError | TimeoutError):
            unavailable = as_unavailable(error)
            if unavailable is not None:
                raise unavailable from error

    async def _close(self) -> None:
        connection, self._connection, self._transaction = self._connection, None, None
        if connection is None or connection.sync_connection is None:
            return
        try:
            await connection.close()  # rolls back what was not committed
        except (DBAPIError, OSError):
            await connection.invalidate()


class _PendingEvents:
    """The outbox of one open transaction."""

    def __init__(self) -> None:
        self._events: list[CloudEvent] = []

    def publish(self, event: CloudEvent) -> None:
        self._events.append(event)

    async def flush(self, connection: AsyncConnection) -> None:
        if not self._events:
            return
        # A position is drawn before the commit, so two transactions could commit in the other order. The lock
        # on each partition key, held to the commit, makes positions of one key follow its commits.
        keys = sorted({event.partition_key for event in self._events})
        await connection.execute(_LOCK_KEYS, {"keys": keys})
        await connection.execute(
            outbox_table.insert(),
            [
                {
                    "event_id": event.id,
                    "type": event.type,
                    "source": event.source,
                    "subject": event.subject,
                    "occurred_at": event.time,
                    "partition_key": event.partition_key,
                    "data": dict(event.data),
                    "data_schema": event.data_schema,
                    "traceparent": event.traceparent,
                }
                for event in self._events
            ],
        )
        await connection.execute(select(func.pg_notify(OUTBOX_NOTIFICATION, "")))
        self._events.clear()


_LOCK_KEYS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 0))"
    " FROM unnest(CAST(:keys AS text[])) WITH ORDINALITY AS given(key, place) ORDER BY place"
)
