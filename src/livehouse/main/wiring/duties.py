"""What the worker does again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from cpc.kernel.errors import Unavailable

log = structlog.get_logger(__name__)


async def again(work: Callable[[], Awaitable[bool]], pause_s: float) -> None:
    """Work as long as there is some, then look again after a pause. Outlives a database that is away."""
    while True:
        try:
            while await work():
                pass
        except Unavailable as error:
            log.info("waits", reason=error.detail)
        await asyncio.sleep(pause_s)
