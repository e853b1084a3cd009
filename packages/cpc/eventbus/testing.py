"""A fake database for tests: tables in memory, and units of work that commit or leave no trace."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, fields
from types import TracebackType
from typing import Generic, Self, TypeVar

from cpc.eventbus.envelope import CloudEvent, Outbox
from cpc.kernel.errors import Unavailable


@dataclass(slots=True)
class InMemoryTables:
    """Base of what a fake database keeps: each field a dictionary, a list or what else has `copy()`."""

    events: list[CloudEvent] = field(default_factory=list, kw_only=True)

    def copy(self) -> Self:
        return type(self)(**{table.name: getattr(self, table.name).copy() for table in fields(self)})


Tables = TypeVar("Tables", bound=InMemoryTables)


class InMemoryDatabase(Generic[Tables]):
    """tables: as the last commit left them; each commit puts others in their place. is_commit_refused: from
    then on each fails, as where the server goes away at the last moment.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.lock = asyncio.Lock()
        self.is_commit_refused = False

    @property
    def events(self) -> list[CloudEvent]:
        """Those that were published, in order."""
        return self.tables.events


class InMemoryTransaction(Generic[Tables]):
    """A unit of work on a copy of the tables, which a clean exit puts in their place.

    Units of one database run one after the other.
    """

    def __init__(self, database: InMemoryDatabase[Tables]) -> None:
        self._database = database
        self._tables = database.tables

    @property
    def outbox(self) -> Outbox:
        return RecordingOutbox(self._tables.events)

    async def __aenter__(self) -> Self:
        await self._database.lock.acquire()
        self._tables = self._database.tables.copy()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_refused = error is None and self._database.is_commit_refused
        if error is None and not is_refused:
            self._database.tables = self._tables
        self._database.lock.release()
        if is_refused:
            raise Unavailable("database-away", "The database went away.")


class RecordingOutbox:
    """An `Outbox` that appends to a list."""

    def __init__(self, events: list[CloudEvent]) -> None:
        self._events = events

    def publish(self, event: CloudEvent) -> None:
        self._events.append(event)
