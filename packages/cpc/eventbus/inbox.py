"""Handles each event once: the inbox row and the effect commit together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.postgres import PostgresTransaction, dead_letter_table, inbox_table
from cpc.eventbus.wire import encode
from cpc.kernel.errors import Unavailable

log = structlog.get_logger(__name__)

Apply = Callable[[CloudEvent, PostgresTransaction], Awaitable[None]]


class InboxHandler:
    """An `EventHandler` around `apply`, which works in the given transaction only.

    An event that fails `max_tries` times for its own sake (the database being away does not count) is put
    among the dead letters, so that it does not hold up the rest for ever.
    """

    def __init__(self, engine: AsyncEngine, consumer: str, apply: Apply, *, max_tries: int = 8) -> None:
        self._engine = engine
        self._consumer = consumer
        self._apply = apply
        self._max_tries = max_tries
        self._failing: tuple[UUID, int] | None = None  # events come one at a time, so one is enough

    async def __call__(self, event: CloudEvent) -> None:
        try:
            async with PostgresTransaction(self._engine) as transaction:
                if await self._is_new(transaction, event):
                    await self._apply(event, transaction)
        except Unavailable:
            raise
        except Exception as error:
            failing_id, tries = self._failing or (event.id, 0)
            tries = tries + 1 if failing_id == event.id else 1
            self._failing = (event.id, tries)
            if tries < self._max_tries:
                raise
            await self._bury(event, error)
        self._failing = None

    async def _is_new(self, transaction: PostgresTransaction, event: CloudEvent) -> bool:
        noted = await transaction.connection.execute(
            insert(inbox_table)
            .values(consumer=self._consumer, event_id=event.id)
            .on_conflict_do_nothing()
            .returning(inbox_table.c.event_id)
        )
        return noted.one_or_none() is not None

    async def _bury(self, event: CloudEvent, error: Exception) -> None:
        log.error(
            "an event was given up",
            consumer=self._consumer,
            type=event.type,
            id=str(event.id),
            exc_info=error,
        )
        async with PostgresTransaction(self._engine) as transaction:
            await self._is_new(transaction, event)
            await transaction.connection.execute(
                insert(dead_letter_table)
                .values(
                    consumer=self._consumer,
                    event_id=event.id,
                    event=msgspec.json.decode(encode(event, sequence=0)),
                    error=repr(error)[:2000],
                )
                .on_conflict_do_nothing()
            )
