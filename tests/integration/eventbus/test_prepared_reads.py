"""Reads that go straight through the driver: what they find, how many connections they take, and what a
server that is away, hangs or is slow looks like."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, column, literal, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.eventbus.postgres import PostgresTransaction
from cpc.eventbus.postgres_reads import PreparedRead, ReadConnections, ReadingConnection
from cpc.kernel.errors import Unavailable
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.wiring.persistence import build_engine, driver_dsn, read_connections, reading

pytestmark = pytest.mark.integration

PID = PreparedRead(text("SELECT pg_backend_pid() AS pid"))


@pytest.fixture
async def reads(database_url: str) -> AsyncIterator[ReadConnections]:
    """Two connections; a third read does not wait for long."""
    reads = ReadConnections(driver_dsn(database_url), size=2, wait_s=0.05, connect_args={})
    yield reads
    reads.close()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)


async def connections_of(engine: AsyncEngine, name: str) -> int:
    """How many connections the database has that say they are `name`'s."""
    async with engine.connect() as connection:
        counted = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = :name"
            ),
            {"name": name},
        )
    return int(counted or 0)


async def test_rows_are_the_same_straight_and_in_a_transaction(engine: AsyncEngine) -> None:
    an_id, at = uuid4(), datetime(2026, 1, 1, 12, 30, 0, 5, tzinfo=UTC)
    everything = PreparedRead(
        select(
            bindparam("an_id", type_=Uuid).label("an_id"),
            text("CAST(:at AS timestamptz) AS at").bindparams(bindparam("at")),
            text("""CAST('{"months": [1, 6], "text": "Gruß", "slots": 1.5}' AS jsonb) AS benefits"""),
            text("CAST(NULL AS jsonb) AS nothing"),
            text("ARRAY['a', 'ß', NULL] AS words"),
            text("decode('00ff', 'hex') AS digest"),
            literal(7).label("fixed"),
        )
    )
    rows = []
    for units in (engine, reading(engine)):
        async with PostgresTransaction(units) as unit:
            assert isinstance(unit.connection, ReadingConnection) is (units is not engine)
            row = await everything.row(unit.connection, an_id=an_id, at=at)
            rows.append((row.an_id, row.at, row.benefits, row.nothing, row.words, row.digest, row.fixed))
    assert rows[0] == rows[1]
    benefits = {"months": [1, 6], "text": "Gruß", "slots": 1.5}
    assert rows[0] == (an_id, at, benefits, None, ["a", "ß", None], b"\x00\xff", 7)


async def test_a_read_in_a_transaction_sees_what_that_one_has_changed(engine: AsyncEngine) -> None:
    counted = PreparedRead(text("SELECT count(*) AS many FROM eventbus.inbox"))
    async with PostgresTransaction(engine) as unit:
        await unit.connection.execute(
            text("INSERT INTO eventbus.inbox (consumer, event_id) VALUES ('test', :id)"), {"id": UUID(int=1)}
        )
        assert (await counted.row(unit.connection)).many == 1
        async with PostgresTransaction(reading(engine)) as other:
            assert (await counted.row(other.connection)).many == 0
    async with PostgresTransaction(reading(engine)) as other:
        assert (await counted.row(other.connection)).many == 1


async def test_none_one_and_several_rows(engine: AsyncEngine) -> None:
    read = PreparedRead(
        text("SELECT n FROM unnest(:some) AS n").bindparams(bindparam("some", type_=ARRAY(Integer)))
    )
    for units in (engine, reading(engine)):
        async with PostgresTransaction(units) as unit:
            assert await read.row(unit.connection, some=[]) is None
            assert (await read.row(unit.connection, some=[3])).n == 3
            assert [row.n for row in await read.rows(unit.connection, some=[3, 4])] == [3, 4]
            with pytest.raises(RuntimeError):
                await read.row(unit.connection, some=[3, 4])


async def test_a_statement_that_differs_by_its_values_is_refused(engine: AsyncEngine) -> None:
    read = PreparedRead(select(literal(1)).where(column("x", Text).in_(bindparam("some", expanding=True))))
    async with PostgresTransaction(reading(engine)) as unit:
        with pytest.raises(TypeError):
            await read.rows(unit.connection, some=["a"])


async def test_what_is_not_prepared_takes_a_connection_of_the_engine(engine: AsyncEngine) -> None:
    async with PostgresTransaction(reading(engine)) as unit:
        straight = (await PID.row(unit.connection)).pid
        assert unit.connection.sync_connection is None
        assert await unit.connection.scalar(text("SELECT pg_backend_pid()")) != straight
        assert unit.connection.sync_connection is not None
        await unit.connection.execute(
            text("INSERT INTO eventbus.inbox (consumer, event_id) VALUES ('test', :id)"), {"id": UUID(int=1)}
        )
        with pytest.raises(ProgrammingError):
            await unit.connection.execute(text("SELECT nothing FROM nowhere"))
        # A transaction of its own: it was kept, and the failed one after it stops nothing.
        assert await unit.connection.scalar(text("SELECT count(*) FROM eventbus.inbox")) == 1


async def test_reads_take_so_many_connections_and_the_others_wait(
    engine: AsyncEngine, reads: ReadConnections
) -> None:
    waiting_for_lock = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with engine.connect() as holder:
        await holder.execute(text("SELECT pg_advisory_lock(7)"))
        running = [
            asyncio.create_task(reads.fetch("SELECT pg_advisory_lock_shared(7)", [])) for _ in range(2)
        ]

        async def both_wait() -> bool:
            return await holder.scalar(waiting_for_lock) == 2

        await until(both_wait)
        with pytest.raises(Unavailable) as busy:
            await reads.fetch("SELECT 1", [])
        assert busy.value.slug == "database-busy"
        running.pop().cancel()  # whoever leaves makes room

        async def is_answered() -> bool:
            try:
                return await reads.fetch("SELECT 1", []) == [(1,)]
            except Unavailable:
                return False

        await until(is_answered)
        await holder.execute(text("SELECT pg_advisory_unlock(7)"))
        assert await running.pop()


async def test_a_disposed_engine_leaves_no_connection_of_reads(
    engine: AsyncEngine, database_url: str
) -> None:
    other = build_engine(database_url, pool_size=3)
    await asyncio.gather(*(read_connections(other).fetch("SELECT pg_sleep(0)", []) for _ in range(3)))
    assert await connections_of(engine, "livehouse") == 4
    await other.dispose()

    async def are_gone() -> bool:
        return await connections_of(engine, "livehouse") == 1

    await until(are_gone)
    assert await read_connections(other).fetch("SELECT 1", []) == [(1,)], "it may be used again"
    await other.dispose()


async def test_reads_go_on_after_the_server_was_away(
    engine: AsyncEngine, postgres_server: EmbeddedPostgres
) -> None:
    reads = read_connections(engine)
    await asyncio.gather(*(reads.fetch("SELECT 1", []) for _ in range(4)))
    postgres_server.stop()
    try:
        for _ in range(6):  # more than there are connections
            with pytest.raises(Unavailable) as away:
                await reads.fetch("SELECT 1", [])
            assert away.value.slug == "database-away"
            with pytest.raises(Unavailable):
                async with PostgresTransaction(reading(engine)) as unit:
                    await unit.connection.execute(text("SELECT 1"))
    finally:
        postgres_server.start()
    for _ in range(6):
        assert await reads.fetch("SELECT 1", []) == [(1,)]


async def test_a_connection_cut_in_the_middle_of_a_read_is_unavailable(
    engine: AsyncEngine, reads: ReadConnections
) -> None:
    async with engine.connect() as holder:
        await holder.execute(text("SELECT pg_advisory_lock(7)"))
        read = asyncio.create_task(reads.fetch("SELECT pg_advisory_lock_shared(7)", []))
        cut = text("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE NOT granted")

        async def is_cut() -> bool:
            return bool(await holder.scalar(cut))

        await until(is_cut)
        with pytest.raises(Unavailable) as away:
            await read
    assert away.value.slug == "database-away"
    assert await reads.fetch("SELECT 1", []) == [(1,)]


async def test_a_slow_read_is_ended(database_url: str) -> None:
    engine = build_engine(database_url, statement_timeout_s=0.2)
    for _ in range(6):
        with pytest.raises(Unavailable) as slow:
            await read_connections(engine).fetch("SELECT pg_sleep(60)", [])
        assert slow.value.slug == "database-busy"
    await engine.dispose()


async def test_a_server_that_hangs_in_a_read_is_unavailable(database_url: str) -> None:
    engine = build_engine(database_url, statement_timeout_s=1)
    reads = read_connections(engine)

    async def answered() -> int | None:
        """By which server process; None where the machine was too busy."""
        try:
            return int((await reads.fetch("SELECT pg_backend_pid()", []))[0][0])
        except Unavailable as unavailable:
            assert unavailable.slug == "database-busy"
            return None

    async def is_answered() -> bool:
        return await answered() is not None

    while (pid := await answered()) is None:
        pass
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable) as refused:
            await reads.fetch("SELECT 1", [])
        assert refused.value.slug == "database-away"
        await until(is_answered)  # with another connection
    finally:
        os.kill(pid, signal.SIGCONT)
    await engine.dispose()


async def test_a_mistake_in_a_statement_is_no_absent_database(engine: AsyncEngine) -> None:
    wrong = PreparedRead(text("SELECT nothing FROM nowhere"))
    async with PostgresTransaction(reading(engine)) as unit:
        with pytest.raises(Exception, match="nowhere") as mistake:
            await wrong.rows(unit.connection)
        assert not isinstance(mistake.value, Unavailable)
        assert (await PID.row(unit.connection)).pid


async def test_a_changed_table_is_read_as_it_is_now(engine: AsyncEngine) -> None:
    """As after a migration while the process runs: the server's plan of the statement counts no more."""
    read = PreparedRead(text("SELECT one FROM eventbus.changing"))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE eventbus.changing AS SELECT 1 AS one"))
    async with PostgresTransaction(reading(engine)) as unit:
        assert (await read.row(unit.connection)).one == 1
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE eventbus.changing ALTER one TYPE text, ADD two int"))
    async with PostgresTransaction(reading(engine)) as unit:
        assert (await read.row(unit.connection)).one == "1"
