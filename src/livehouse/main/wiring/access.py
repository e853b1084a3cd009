"""Access on what the slices say of accounts, channels and supporters."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.ids import EntityId
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Access, Role
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application.queries import FindStandings


def build_access(engine: AsyncEngine, clock: Clock, *, trusted_s: float = 0.0) -> Access:
    """trusted_s: so long an earlier standing may still admit somebody; 0 asks the database every time."""
    standings = FindStandings(lambda: PostgresChannelUnitOfWork(engine), clock)
    return DecideAccess(standings, _NoSupporters(), clock, trusted_s=trusted_s)


class _NoSupporters:
    """No slice keeps follows or paid subscriptions, so nobody has them."""

    async def of(self, channel_id: EntityId, account_id: EntityId) -> frozenset[Role]:
        return frozenset()
