"""From a committed transaction through NATS into a consumer's, with servers that die in between.

Servers are stopped and started from the test's own thread: a child ends with the thread that started it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.inbox import InboxHandler
from cpc.eventbus.jetstream import JetStreamTransport
from cpc.eventbus.postgres import PostgresTransaction
from cpc.eventbus.relay import OutboxRelay
from cpc.eventbus.transport import DurableConsumer
from cpc.kernel.errors import Unavailable
from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.free_ports import free_port
from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration

COUNTING = DurableConsumer("counting", ("streaming.>",))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = build_engine(database_url)
    async with PostgresTransaction(engine) as transaction:
        await transaction.connection.execute(
            text(
                "CREATE TABLE eventbus.counted"
                " (place bigint GENERATED ALWAYS AS IDENTITY, key text, number int)"
            )
        )
    yield engine
    await engine.dispose()


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    """A server of this test alone, which it may stop and rob of its disk."""
    server = EmbeddedNats(
        tmp_path / "nats", tmp_path / "nats.log", free_port("127.0.0.1"), "secret-of-a-test"
    )
    server.start()
    yield server
    server.stop()


def event(number: int, key: str = "chn_a") -> CloudEvent:
    return CloudEvent(
        id=uuid4(),
        type="cpc.social.StreamStarted.v1",
        source="/test",
        subject=f"streaming.StreamStarted.v1.{key}",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        partition_key=key,
        data={"number": number},
    )


async def count(one: CloudEvent, transaction: PostgresTransaction) -> None:
    await transaction.connection.execute(
        text("INSERT INTO eventbus.counted (key, number) VALUES (:key, :number)"),
        {"key": one.partition_key, "number": one.data["number"]},
    )


async def publish(engine: AsyncEngine, *events: CloudEvent) -> None:
    async with PostgresTransaction(engine) as transaction:
        for one in events:
            transaction.outbox.publish(one)


async def numbers(engine: AsyncEngine, key: str = "chn_a") -> list[int]:
    async with PostgresTransaction(engine) as transaction:
        rows = await transaction.connection.execute(
            text("SELECT number FROM eventbus.counted WHERE key = :key ORDER BY place"), {"key": key}
        )
        return [int(row[0]) for row in rows]


async def rows_in(engine: AsyncEngine, table: str) -> int:
    async with PostgresTransaction(engine) as transaction:
        return int(await transaction.connection.scalar(text(f"SELECT count(*) FROM eventbus.{table}")) or 0)  # noqa: S608


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if await reached():
                    return
            except Unavailable:
                pass  # a server of this test is being restarted
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*duties: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(duty) for duty in duties]
    yield
    assert not any(task.done() for task in tasks), "a duty runs until it is cancelled"
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    async def ignore(error: Exception) -> None:
        pass

    connection = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=ignore)
    yield connection
    await connection.close()


def relay(engine: AsyncEngine, connection: Client) -> OutboxRelay:
    return OutboxRelay(engine, JetStreamTransport(connection), [COUNTING], poll_s=0.5, tidy_s=0.2)


def consume(engine: AsyncEngine, connection: Client) -> Awaitable[None]:
    return JetStreamTransport(connection).consume(COUNTING, InboxHandler(engine, COUNTING.name, count))


async def test_a_committed_event_is_handled_once_and_its_row_goes(engine: AsyncEngine, nats_url: str) -> None:
    async with (
        connected(nats_url) as connection,
        running(relay(engine, connection).run(), consume(engine, connection)),
    ):
        await publish(engine, event(1))
        await until(lambda: _is(numbers(engine), [1]))
        await until(lambda: _is(rows_in(engine, "outbox"), 0))


async def test_order_holds_within_each_key(engine: AsyncEngine, nats_url: str) -> None:
    async with connected(nats_url) as connection:
        await publish(engine, *(event(number, key) for number in range(20) for key in ("chn_a", "chn_b")))
        async with running(relay(engine, connection).run(), consume(engine, connection)):
            await publish(engine, *(event(number) for number in range(20, 30)))
            await until(lambda: _is(numbers(engine), list(range(30))))
            await until(lambda: _is(numbers(engine, "chn_b"), list(range(20))))


async def test_rows_stay_until_the_consumer_has_confirmed(engine: AsyncEngine, nats_url: str) -> None:
    async with connected(nats_url) as connection, running(relay(engine, connection).run()):
        await publish(engine, event(1))
        await until(lambda: _unpublished(engine, 0))
        await publish(engine, event(2))
        await until(lambda: _unpublished(engine, 0))
        assert await rows_in(engine, "outbox") == 2
        async with running(consume(engine, connection)):
            await until(lambda: _is(rows_in(engine, "outbox"), 0))


async def test_two_relays_send_each_event_once(engine: AsyncEngine, nats_url: str) -> None:
    async with connected(nats_url) as connection:
        async with running(
            relay(engine, connection).run(), relay(engine, connection).run(), consume(engine, connection)
        ):
            await publish(engine, *(event(number) for number in range(10)))
            await until(lambda: _is(numbers(engine), list(range(10))))
        info = await connection.jetstream().stream_info("EVENTS")
        assert info.state.messages == 10


async def test_nats_that_is_away_only_delays(engine: AsyncEngine, own_nats: EmbeddedNats) -> None:
    async with (
        connected(own_nats.url) as connection,
        running(relay(engine, connection).run(), consume(engine, connection)),
    ):
        await publish(engine, event(1))
        await until(lambda: _is(numbers(engine), [1]))
        own_nats.stop()
        await publish(engine, event(2))
        own_nats.start()
        await publish(engine, event(3))
        await until(lambda: _is(numbers(engine), [1, 2, 3]))


async def test_nats_that_lost_its_disk_gets_unconfirmed_events_again(
    engine: AsyncEngine, own_nats: EmbeddedNats, tmp_path: Path
) -> None:
    async with connected(own_nats.url) as connection:
        async with running(relay(engine, connection).run()):
            await publish(engine, event(1), event(2))
            await until(lambda: _unpublished(engine, 0))
        own_nats.stop()
        shutil.rmtree(tmp_path / "nats")
        own_nats.start()
        async with running(relay(engine, connection).run(), consume(engine, connection)):
            await until(lambda: _is(numbers(engine), [1, 2]))


async def test_postgresql_that_restarts_only_delays(
    engine: AsyncEngine, nats_url: str, postgres_server: EmbeddedPostgres
) -> None:
    async with (
        connected(nats_url) as connection,
        running(relay(engine, connection).run(), consume(engine, connection)),
    ):
        await publish(engine, event(1))
        await until(lambda: _is(numbers(engine), [1]))
        postgres_server.stop()
        postgres_server.start()
        second = event(2)
        await until(lambda: _published(engine, second))
        await until(lambda: _is(numbers(engine), [1, 2]))


async def test_the_inbox_handles_an_event_once(engine: AsyncEngine) -> None:
    handler, one = InboxHandler(engine, "counting", count), event(1)
    await handler(one)
    await handler(one)
    await InboxHandler(engine, "another", count)(one)
    assert await numbers(engine) == [1, 1], "once for each consumer"


async def test_a_failing_effect_leaves_no_trace_in_the_inbox(engine: AsyncEngine) -> None:
    async def half(one: CloudEvent, transaction: PostgresTransaction) -> None:
        await count(one, transaction)
        raise RuntimeError("half way")

    one = event(1)
    with pytest.raises(RuntimeError):
        await InboxHandler(engine, "counting", half)(one)
    assert (await numbers(engine), await rows_in(engine, "inbox")) == ([], 0)
    await InboxHandler(engine, "counting", count)(one)
    assert await numbers(engine) == [1]


async def test_an_event_that_always_fails_becomes_a_dead_letter(engine: AsyncEngine) -> None:
    async def broken(one: CloudEvent, transaction: PostgresTransaction) -> None:
        raise KeyError("viewers")

    one, handler = event(1), InboxHandler(engine, "counting", broken, max_tries=3)
    for _ in range(2):
        with pytest.raises(KeyError):
            await handler(one)
    await handler(one)  # given up: counts as handled
    await handler(one)
    assert (await rows_in(engine, "dead_letter"), await rows_in(engine, "inbox")) == (1, 1)


async def test_dead_letters_go_by_age(engine: AsyncEngine, nats_url: str) -> None:
    async with PostgresTransaction(engine) as transaction:
        for days in (89, 91):
            await transaction.connection.execute(
                text(
                    "INSERT INTO eventbus.dead_letter (consumer, event_id, event, error, given_up_at)"
                    " VALUES (:consumer, gen_random_uuid(), '{}', '', now() - make_interval(days => :days))"
                ),
                {"consumer": f"{days} days", "days": days},
            )

    async def consumers() -> list[str]:
        async with PostgresTransaction(engine) as transaction:
            found = await transaction.connection.execute(text("SELECT consumer FROM eventbus.dead_letter"))
            return list(found.scalars())

    async with connected(nats_url) as connection, running(relay(engine, connection).run()):
        await until(lambda: _is(consumers(), ["89 days"]))


async def test_a_database_that_is_away_is_not_the_event_s_fault(engine: AsyncEngine) -> None:
    async def away(one: CloudEvent, transaction: PostgresTransaction) -> None:
        raise Unavailable("database-away", "away")

    one, handler = event(1), InboxHandler(engine, "counting", away, max_tries=2)
    for _ in range(5):
        with pytest.raises(Unavailable):
            await handler(one)
    assert await rows_in(engine, "dead_letter") == 0


async def _published(engine: AsyncEngine, one: CloudEvent) -> bool:
    await publish(engine, one)
    return True


async def _is(found: Awaitable[object], expected: object) -> bool:
    return await found == expected


async def _unpublished(engine: AsyncEngine, expected: int) -> bool:
    async with PostgresTransaction(engine) as transaction:
        found = await transaction.connection.scalar(
            text("SELECT count(*) FROM eventbus.outbox WHERE published_at IS NULL")
        )
        return found == expected
