"""Kept answers whose requests could be guessed at go with the update."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from livehouse.main.migrations.upgrade import alembic_config

pytestmark = pytest.mark.integration


def upgrade(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def migrated(url: str) -> int:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "web_0001")
        await connection.execute(
            text(
                "INSERT INTO web.kept_answer (owner, key, fingerprint, claim_id, claimed_until, expires_at)"
                " VALUES (:hash, :hash, :hash, gen_random_uuid(), now(), now() + interval '1 day')"
            ),
            {"hash": hashlib.sha256(b"address 192.0.2.1").digest()},
        )
        await connection.run_sync(upgrade, "web_0002")
        found = await connection.execute(text("SELECT count(*) FROM web.kept_answer"))
        left = int(found.scalar_one())
    await engine.dispose()
    return left


def test_plain_hashes_are_gone(empty_database_url: str) -> None:
    assert asyncio.run(migrated(empty_database_url)) == 0
