"""Access on what the slices say of accounts, channels and supporters."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Access, ChannelStandings
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application.queries import FindStandings
from livehouse.main.wiring.persistence import reading
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.find_supporters import FindSupporters


def build_access(engine: AsyncEngine, clock: Clock, *, trusted_s: float = 0.0) -> Access:
    """trusted_s: so long an earlier standing may still admit somebody; 0 asks the database every time."""
    standings = build_standings(engine, clock)
    engine = reading(engine)
    supporters = FindSupporters(lambda: PostgresSocialUnitOfWork(engine), clock)
    return DecideAccess(standings, supporters, clock, trusted_s=trusted_s)


def build_standings(engine: AsyncEngine, clock: Clock) -> ChannelStandings:
    engine = reading(engine)
    return FindStandings(lambda: PostgresChannelUnitOfWork(engine), clock)
