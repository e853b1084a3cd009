"""The real servers every test may use: PostgreSQL and NATS, one of each a test process."""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client as NatsClient

from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.free_ports import free_port
from livehouse.main.migrations import migrate

_TEMPLATE = "template_livehouse"

# Run in the background by a shell, tests begin with SIGINT ignored, and so would encoders they end by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="livehouse-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server for the whole run. It may forget what it was told at a power cut, which makes it quicker."""
    server = EmbeddedPostgres(servers_folder / "postgres", servers_folder / "postgres.log", {"fsync": "off"})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def _migrated_template(postgres_server: EmbeddedPostgres) -> str:
    postgres_server.ensure_database(_TEMPLATE)
    migrate(postgres_server.dsn(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A fresh database without any table."""
    name = f"test_{secrets.token_hex(6)}"
    postgres_server.ensure_database(name)
    yield postgres_server.dsn(name)
    postgres_server.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    """A fresh, migrated database: `postgresql+asyncpg://…` through the server's socket."""
    name = f"test_{secrets.token_hex(6)}"
    postgres_server.sql(f"CREATE DATABASE {name} TEMPLATE {_migrated_template} OWNER livehouse")
    yield postgres_server.dsn(name)
    postgres_server.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def nats_server(servers_folder: Path) -> Iterator[EmbeddedNats]:
    server = EmbeddedNats(
        servers_folder / "nats",
        servers_folder / "nats.log",
        free_port("127.0.0.1"),
        secrets.token_urlsafe(16),
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def nats_url(nats_server: EmbeddedNats) -> Iterator[str]:
    """Address with user and password. Streams, consumers and buckets made by the test are gone after it."""
    yield nats_server.url
    asyncio.run(_purge(nats_server.url))


@pytest.fixture
async def nats_connection(nats_url: str) -> AsyncIterator[NatsClient]:
    connection = await nats.connect(nats_url)
    yield connection
    await connection.close()


async def _purge(url: str) -> None:
    connection = await nats.connect(url)
    jetstream = connection.jetstream()
    for stream in await jetstream.streams_info():
        await jetstream.delete_stream(stream.config.name or "")
    await connection.close()
