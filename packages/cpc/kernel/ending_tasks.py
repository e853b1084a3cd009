"""Tasks ended for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

_AGAIN_S = 1.0


async def end_all(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancels them until they are done, however they end.

    Once is not enough: before Python 3.12 `asyncio.wait_for`, which clients of NATS and PostgreSQL use,
    forgets that it was cancelled when what it waits for comes in the same moment (CPython issue 86296).
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
