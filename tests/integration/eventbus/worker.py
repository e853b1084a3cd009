"""What the worker role does, beside a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from cpc.kernel.ending_tasks import end_all


@asynccontextmanager
async def running(duties: Mapping[str, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """None of them may end by itself."""
    tasks = [asyncio.ensure_future(duty()) for duty in duties.values()]
    yield
    assert not any(task.done() for task in tasks)
    await end_all(tasks)
