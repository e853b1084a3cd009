"""NATS and PostgreSQL die and come back: sockets stay, senders are told, nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.free_ports import free_port
from livehouse.main.migrations import migrate

pytestmark = pytest.mark.integration


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    server = EmbeddedNats(
        tmp_path / "nats", tmp_path / "nats.log", free_port("127.0.0.1"), secrets.token_urlsafe()
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres", tmp_path / "postgres.log")
    server.start()
    server.ensure_database()
    migrate(server.dsn())
    yield server
    server.stop()


async def test_two_gateways_agree_again_after_nats_was_away(
    opens_house: Any, database_url: str, own_nats: EmbeddedNats
) -> None:
    async with opens_house(database_url, own_nats.url) as house:
        ada = await house.sign_up("ada")
        here, there = await house.gateway(), await house.gateway()
        talking, listening = await house.enter(here, "ada", ada), await house.enter(there, "ada")
        await talking.say("before")
        assert await listening.seqs_until(1) == [1]

        _kill(own_nats)
        for n in range(5):  # PostgreSQL is the truth, so talking goes on
            nonce = await talking.say(f"while away {n}")
            await talking.hear("ack", nonce=nonce)
        assert await talking.seqs_until(6) == [1, 2, 3, 4, 5, 6]

        await asyncio.to_thread(own_nats.start)
        assert await listening.seqs_until(6) == [2, 3, 4, 5, 6]
        await talking.say("after")
        assert await listening.seqs_until(7) == [7]


async def test_a_broadcast_lost_on_the_way_is_fetched(house: Any) -> None:
    ada = await house.sign_up("ada")
    here, there = await house.gateway(), await house.gateway()
    talking, listening = await house.enter(here, "ada", ada), await house.enter(there, "ada")

    async def lose(subject: str, payload: bytes) -> None:
        """Stands for a server that drops a message of a slow consumer."""

    publish, here.broadcast.publish = here.broadcast.publish, lose
    for n in range(3):
        await talking.say(f"lost {n}")
    await talking.seqs_until(3)
    here.broadcast.publish = publish
    await talking.say("heard")
    assert await listening.seqs_until(4) == [1, 2, 3, 4]
    here.broadcast.publish = lose
    await talking.say("the last one is lost, and no other follows")
    assert await listening.seqs_until(5) == [5]


async def test_without_postgresql_the_sender_is_told_and_the_line_goes_through_later(
    opens_house: Any, own_postgres: EmbeddedPostgres, nats_url: str
) -> None:
    async with opens_house(own_postgres.dsn(), nats_url) as house:
        ada = await house.sign_up("ada")
        gateway = await house.gateway()
        chatter = await house.enter(gateway, "ada", ada)
        first = await chatter.say("kept")
        await chatter.hear("ack", nonce=first)

        _kill(own_postgres)
        started_s = time.monotonic()
        nonce = await chatter.say("in vain")
        error = (await chatter.hear("error", nonce=nonce))["error"]
        told_after_s = time.monotonic() - started_s
        assert error["type"] in ("/problems/message-not-saved", "/problems/database-away")
        assert error["retry_after_s"] > 0
        # The room is in memory: who comes now sees what was said.
        visitor = await house.enter(gateway, "ada")
        history = await visitor.hear("messages", history=True)
        assert [message["seq"] for message in history["messages"]] == [1]

        await asyncio.to_thread(own_postgres.start)
        await chatter.say("in vain", nonce=nonce)
        assert (await chatter.hear("ack", nonce=nonce))["seq"] == 2
        assert [m["fragments"][0]["text"] for m in await visitor.messages_until(2)] == ["in vain"]
        assert told_after_s < 30  # the promise is 3 s; see the unit test with a clock of its own


async def test_a_line_sent_in_a_short_outage_needs_no_second_try(
    opens_house: Any, own_postgres: EmbeddedPostgres, nats_url: str
) -> None:
    async with opens_house(own_postgres.dsn(), nats_url) as house:
        ada = await house.sign_up("ada")
        gateway = await house.gateway()
        chatter = await house.enter(gateway, "ada", ada)
        # All connections die, the server stays: what a failover looks like.
        own_postgres.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'livehouse'"
        )
        nonce = await chatter.say("unnoticed")
        assert (await chatter.hear("ack", nonce=nonce))["seq"] == 1


async def test_who_comes_while_everything_is_away_is_told_to_come_again(
    opens_house: Any, own_postgres: EmbeddedPostgres, nats_url: str
) -> None:
    async with opens_house(own_postgres.dsn(), nats_url) as house:
        await house.sign_up("ada")
        gateway = await house.gateway()
        _kill(own_postgres)
        chatter = await house.connect(gateway, "ada")
        assert await chatter.closed() == 1013
        assert chatter.heard[0]["error"]["type"] == "/problems/chat-away"
        await asyncio.to_thread(own_postgres.start)
        await house.enter(gateway, "ada")


def _kill(server: EmbeddedNats | EmbeddedPostgres) -> None:
    """SIGKILL, as an out-of-memory killer would; `start` afterwards finds what is left."""
    process = server._process
    assert process is not None
    children = psutil.Process(process.pid).children(recursive=True)
    for child in (process, *children):
        child.send_signal(signal.SIGKILL)
    process.wait()
    psutil.wait_procs(children)


async def test_a_gateway_that_starts_before_nats_waits_for_it(
    opens_house: Any, database_url: str, tmp_path: Path
) -> None:
    late = EmbeddedNats(
        tmp_path / "nats", tmp_path / "nats.log", free_port("127.0.0.1"), secrets.token_urlsafe()
    )
    try:
        async with opens_house(database_url, late.url) as house:
            ada = await house.sign_up("ada")
            starting = asyncio.create_task(house.gateway())
            done, _ = await asyncio.wait({starting}, timeout=1)
            assert not done
            await asyncio.to_thread(late.start)
            chatter = await house.enter(await starting, "ada", ada)
            await chatter.say("here we are")
            assert await chatter.seqs_until(1) == [1]
    finally:
        late.stop()
