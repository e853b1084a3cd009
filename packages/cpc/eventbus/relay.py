"""Carries events from the outbox to the transport, and clears the outbox once consumers have confirmed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from sqlalchemy import and_, delete, exists, func, or_, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.postgres import OUTBOX_NOTIFICATION, dead_letter_table, inbox_table, outbox_table
from cpc.eventbus.transport import DurableConsumer, EventTransport, StreamPosition, TransportAway

log = structlog.get_logger(__name__)

_LEADER_LOCK = 0x6F7574626F78  # "outbox"
_BATCH = 200
_KEPT_IN_INBOX = timedelta(days=8)  # longer than the stream keeps events
_DEAD_LETTERS_KEPT = timedelta(days=90)
_RETRY_S = (0.1, 0.3, 1.0, 2.0)
_AWAY = (
    TransportAway,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)


class OutboxRelay:
    """`run` may run in any number of processes: one works, the others wait for its lock.

    consumers: those that must have confirmed before a row may go.
    poll_s: how often to look without having been woken. tidy_s: how often to clear.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        transport: EventTransport,
        consumers: Sequence[DurableConsumer],
        *,
        poll_s: float = 5.0,
        tidy_s: float = 30.0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._consumers = consumers
        self._poll_s = poll_s
        self._tidy_s = tidy_s
        self._monotonic_s = monotonic_s
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. Outlives restarts of both PostgreSQL and the transport."""
        failures = 0
        while True:
            try:
                async with self._engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    if await self._lead(connection):
                        await self._relay(connection)
                failures = 0
                await asyncio.sleep(self._poll_s)
            except _AWAY as error:
                log.info("outbox relay waits", error=repr(error)[:300])
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1

    async def _lead(self, connection: AsyncConnection) -> bool:
        return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LEADER_LOCK}))

    async def _relay(self, connection: AsyncConnection) -> None:
        driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
        await driver.add_listener(OUTBOX_NOTIFICATION, self._on_notification)
        driver.add_termination_listener(self._on_notification)
        try:
            tidied_s: float | None = None
            while True:
                self._woken.clear()
                if tidied_s is None or self._monotonic_s() - tidied_s >= self._tidy_s:
                    await self._unpublish_lost(connection)
                    await self._tidy(connection)
                    tidied_s = self._monotonic_s()
                if await self._publish_batch(connection):
                    continue
                # Not wait_for: before Python 3.12 it forgets that it was cancelled when it is woken as well.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._woken.wait()
        finally:
            if not driver.is_closed():
                await driver.remove_listener(OUTBOX_NOTIFICATION, self._on_notification)
                driver.remove_termination_listener(self._on_notification)
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LEADER_LOCK})

    def _on_notification(self, *_: object) -> None:
        self._woken.set()

    async def _publish_batch(self, connection: AsyncConnection) -> bool:
        """One key's events one after the other, keys side by side. False when nothing was left."""
        rows = (
            await connection.execute(
                select(outbox_table)
                .where(outbox_table.c.published_at.is_(None))
                .order_by(outbox_table.c.position)
                .limit(_BATCH)
            )
        ).all()
        if not rows:
            return False
        by_key: defaultdict[str, list[Row[Any, Any, Any]]] = defaultdict(list)
        for row in rows:
            by_key[row.partition_key].append(row)
        published: list[tuple[int, StreamPosition]] = []
        failed = [
            outcome
            for outcome in await asyncio.gather(
                *(self._publish_in_order(rows_of_key, published) for rows_of_key in by_key.values()),
                return_exceptions=True,
            )
            if outcome is not None
        ]
        for position, place in published:
            await connection.execute(
                update(outbox_table)
                .where(outbox_table.c.position == position)
                .values(
                    published_at=func.now(),
                    transport_incarnation=place.incarnation,
                    transport_sequence=place.sequence,
                )
            )
        if failed:
            raise failed[0]
        return True

    async def _publish_in_order(
        self, rows: Sequence[Row[Any, Any, Any]], published: list[tuple[int, StreamPosition]]
    ) -> None:
        for row in rows:
            event = CloudEvent(
                id=row.event_id,
                type=row.type,
                source=row.source,
                subject=row.subject,
                time=row.occurred_at,
                partition_key=row.partition_key,
                data=row.data,
                data_schema=row.data_schema,
                traceparent=row.traceparent,
            )
            published.append((row.position, await self._transport.publish(event, sequence=row.position)))

    async def _unpublish_lost(self, connection: AsyncConnection) -> None:
        """Rows whose events the transport lost, with its disk or its last moments, go out again."""
        last = await self._transport.last_position()
        await connection.execute(
            update(outbox_table)
            .where(
                outbox_table.c.published_at.is_not(None),
                or_(
                    outbox_table.c.transport_incarnation != last.incarnation,
                    outbox_table.c.transport_sequence > last.sequence,
                ),
            )
            .values(published_at=None, transport_incarnation=None, transport_sequence=None)
        )

    async def _tidy(self, connection: AsyncConnection) -> None:
        confirmed = await self._transport.confirmed_position(self._consumers)
        if confirmed is not None:
            await connection.execute(
                delete(outbox_table).where(
                    outbox_table.c.published_at.is_not(None),
                    outbox_table.c.transport_incarnation == confirmed.incarnation,
                    outbox_table.c.transport_sequence <= confirmed.sequence,
                )
            )
        await connection.execute(
            delete(dead_letter_table).where(dead_letter_table.c.given_up_at < func.now() - _DEAD_LETTERS_KEPT)
        )
        # An event still in the outbox may go out again: its inbox rows are needed.
        await connection.execute(
            delete(inbox_table).where(
                and_(
                    inbox_table.c.handled_at < func.now() - _KEPT_IN_INBOX,
                    ~exists().where(outbox_table.c.event_id == inbox_table.c.event_id),
                )
            )
        )
