"""The unit of work on a real server: what commits, what does not, and what an absent server looks like."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.errors import Unavailable
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration


def event(number: int = 0, key: str = "chn_a") -> CloudEvent:
    return CloudEvent(
        id=uuid4(),
        type="cpc.social.StreamStarted.v1",
        source="/test",
        subject=f"streaming.StreamStarted.v1.{key}",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        partition_key=key,
        data={"number": number},
    )


async def outbox_numbers(engine: AsyncEngine) -> list[int]:
    async with PostgresTransaction(engine) as transaction:
        rows = await transaction.connection.execute(
            text("SELECT data->'number' FROM eventbus.outbox ORDER BY position")
        )
        return [int(row[0]) for row in rows]


async def test_events_leave_with_the_commit(engine: AsyncEngine) -> None:
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(event(1))
        transaction.outbox.publish(event(2))
        assert await outbox_numbers(engine) == []
    assert await outbox_numbers(engine) == [1, 2]


async def test_a_failed_unit_of_work_leaves_nothing(engine: AsyncEngine) -> None:
    with pytest.raises(RuntimeError):
        async with PostgresTransaction(engine) as transaction:
            transaction.outbox.publish(event(1))
            await transaction.connection.execute(text("CREATE TABLE eventbus.leftover (x int)"))
            raise RuntimeError("the use case failed")
    assert await outbox_numbers(engine) == []
    async with PostgresTransaction(engine) as transaction:
        assert await transaction.connection.scalar(text("SELECT to_regclass('eventbus.leftover')")) is None


async def test_a_cancelled_unit_of_work_leaves_nothing_and_frees_its_connection(database_url: str) -> None:
    engine = build_engine(database_url, pool_size=1)
    begun = asyncio.Event()

    async def work() -> None:
        async with PostgresTransaction(engine) as transaction:
            transaction.outbox.publish(event(1))
            begun.set()
            await asyncio.Event().wait()

    tasks = [asyncio.create_task(work()) for _ in range(2)]  # pool and overflow are both in use
    await begun.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await outbox_numbers(engine) == []
    await engine.dispose()


async def test_the_second_of_one_key_waits_for_the_first_to_commit(engine: AsyncEngine) -> None:
    async with engine.connect() as first:
        await first.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('chn_a', 0))"))
        second = asyncio.create_task(_publish(engine, event(2)))
        other_key = asyncio.create_task(_publish(engine, event(3, key="chn_b")))
        await other_key  # another key does not wait
        await _until_someone_waits_for_a_lock(engine)
        assert not second.done()
        await first.rollback()
    await second
    assert await outbox_numbers(engine) == [3, 2]


async def test_a_restarted_server_is_used_again(
    engine: AsyncEngine, postgres_server: EmbeddedPostgres
) -> None:
    await asyncio.gather(*(_publish(engine, event(1, key=f"chn_{n}")) for n in range(4)))  # fills the pool
    postgres_server.stop()
    try:
        with pytest.raises(Unavailable) as away:
            await _publish(engine, event(2))
        assert away.value.slug == "database-away"
    finally:
        postgres_server.start()
    await asyncio.gather(*(_publish(engine, event(3, key=f"chn_{n}")) for n in range(4)))
    assert await outbox_numbers(engine) == [1] * 4 + [3] * 4


async def test_a_connection_cut_in_the_middle_is_unavailable_not_a_crash(engine: AsyncEngine) -> None:
    with pytest.raises(Unavailable):
        async with PostgresTransaction(engine) as transaction:
            pid = await transaction.connection.scalar(text("SELECT pg_backend_pid()"))
            await _terminate(engine, pid)
            await transaction.connection.execute(text("SELECT 1"))


async def test_a_connection_cut_before_the_commit_is_unavailable(engine: AsyncEngine) -> None:
    with pytest.raises(Unavailable):
        async with PostgresTransaction(engine) as transaction:
            transaction.outbox.publish(event(1))
            pid = await transaction.connection.scalar(text("SELECT pg_backend_pid()"))
            await _terminate(engine, pid)
    assert await outbox_numbers(engine) == []


async def test_a_slow_statement_is_ended(database_url: str) -> None:
    engine = build_engine(database_url, statement_timeout_s=0.2)
    with pytest.raises(Unavailable) as slow:
        async with PostgresTransaction(engine) as transaction:
            await transaction.connection.execute(text("SELECT pg_sleep(30)"))
    assert slow.value.slug == "database-busy"
    await engine.dispose()


async def _publish(engine: AsyncEngine, one: CloudEvent) -> None:
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(one)


async def _terminate(engine: AsyncEngine, pid: int | None) -> None:
    async with PostgresTransaction(engine) as transaction:
        # The second argument waits until the backend is gone.
        await transaction.connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


async def _until_someone_waits_for_a_lock(engine: AsyncEngine) -> None:
    async with asyncio.timeout(20):
        while True:
            async with PostgresTransaction(engine) as transaction:
                waiting = await transaction.connection.scalar(
                    text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                )
            if waiting:
                return
