"""Slows down guessing and mass sign-ups: so many tries in a window, then a wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import RateLimited
from livehouse.accounts.application.ports import UnitOfWorkFactory

WINDOW_S = 15 * 60  # one for all: storage forgets counts by it


async def count_try(
    unit_of_work: UnitOfWorkFactory, clock: Clock, limits: Sequence[tuple[bytes, int]], slug: str, detail: str
) -> None:
    """Count a try for each (key, most tries in a window), before any work is done for it.

    It commits at once, so parallel tries are all counted. Raises `RateLimited`.
    """
    now = clock.now()
    async with unit_of_work() as unit:
        counts = await unit.attempts.count([key for key, _ in limits], now, WINDOW_S)
    for (tries, window_started_at), (_, limit) in zip(counts, limits, strict=True):
        if tries > limit:
            wait = window_started_at + timedelta(seconds=WINDOW_S) - now
            raise RateLimited(slug, detail, max(1.0, wait.total_seconds()))
