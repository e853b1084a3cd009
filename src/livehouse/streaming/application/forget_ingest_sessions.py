"""Ingest sessions that are over are kept for as long as an encoder may still name them."""

from __future__ import annotations

from datetime import timedelta

from cpc.kernel.clock import Clock
from livehouse.streaming.application.ports import UnitOfWorkFactory

KEPT_AFTER_CLOSE = timedelta(days=7)
FORGOTTEN_AT_ONCE = 1_000


class ForgetIngestSessions:
    """A duty of the worker. Afterwards the address of such a session is one that never was."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def __call__(self) -> bool:
        """Forget some; whether there may be more."""
        async with self._units() as unit:
            forgotten = await unit.ingest_sessions.forget_closed_before(
                self._clock.now() - KEPT_AFTER_CLOSE, limit=FORGOTTEN_AT_ONCE
            )
        return forgotten >= FORGOTTEN_AT_ONCE
