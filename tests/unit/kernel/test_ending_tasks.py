from __future__ import annotations

import asyncio
import contextlib

from cpc.kernel.ending_tasks import end_all


async def test_a_task_that_lets_its_cancellation_go_is_cancelled_again() -> None:
    lost = 0

    async def forgetful() -> None:
        nonlocal lost
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        lost += 1
        await asyncio.Event().wait()

    async def failing() -> None:
        raise ValueError

    tasks = [asyncio.create_task(forgetful()), asyncio.create_task(failing())]
    await asyncio.sleep(0)
    await end_all(tasks)
    assert (lost, tasks[0].cancelled()) == (1, True)
    assert isinstance(tasks[1].exception(), ValueError)


async def test_of_nothing_there_is_nothing_to_end() -> None:
    await end_all([])
