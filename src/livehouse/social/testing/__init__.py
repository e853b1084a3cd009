"""In-memory follows and paid subscriptions for tests of other parts; they pass the same suite as the
PostgreSQL ones.
"""

from __future__ import annotations

from cpc.eventbus.testing import InMemoryDatabase, InMemoryTransaction
from livehouse.social.testing.follows import InMemoryFollows, InMemorySupports
from livehouse.social.testing.subscriptions import InMemoryPayments, InMemorySubscriptions, InMemoryTiers
from livehouse.social.testing.tables import Tables

__all__ = ["InMemorySocialDatabase"]


class InMemorySocialDatabase(InMemoryDatabase[Tables]):
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        super().__init__(Tables())

    def unit_of_work(self) -> InMemorySocialUnitOfWork:
        return InMemorySocialUnitOfWork(self)


class InMemorySocialUnitOfWork(InMemoryTransaction[Tables]):
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
