"""In-memory follows and paid subscriptions for tests of other parts; they pass the same suite as the
PostgreSQL ones.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from cpc.eventbus.envelope import CloudEvent, Outbox
from cpc.eventbus.testing import RecordingOutbox
from livehouse.social.testing.follows import InMemoryFollows, InMemorySupports
from livehouse.social.testing.subscriptions import InMemoryPayments, InMemorySubscriptions, InMemoryTiers
from livehouse.social.testing.tables import Tables

__all__ = ["InMemorySocialDatabase"]


class InMemorySocialDatabase:
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        self.tables = Tables()

    @property
    def events(self) -> list[CloudEvent]:
        return self.tables.events

    def unit_of_work(self) -> InMemorySocialUnitOfWork:
        return InMemorySocialUnitOfWork(self)


class InMemorySocialUnitOfWork:
    def __init__(self, database: InMemorySocialDatabase) -> None:
        self._database = database
        self._tables = database.tables.copy()
        self._outbox = RecordingOutbox(self._tables.events)

    @property
    def follows(self) -> InMemoryFollows:
        return InMemoryFollows(self._tables)

    @property
    def tiers(self) -> InMemoryTiers:
        return InMemoryTiers(self._tables)

    @property
    def subscriptions(self) -> InMemorySubscriptions:
        return InMemorySubscriptions(self._tables)

    @property
    def payments(self) -> InMemoryPayments:
        return InMemoryPayments(self._tables)

    @property
    def supports(self) -> InMemorySupports:
        return InMemorySupports(self._tables)

    @property
    def outbox(self) -> Outbox:
        return self._outbox

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._database.tables = self._tables
