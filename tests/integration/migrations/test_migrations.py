"""The schema: from nothing, again, by two at once, and from the future."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from livehouse.main.migrations import MigrationFailed, migrate, runner
from livehouse.main.migrations.revisions import fingerprint
from livehouse.main.migrations.upgrade import alembic_config

pytestmark = pytest.mark.integration


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            rows = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows

    return asyncio.run(run())


def schemas(url: str) -> set[str]:
    rows = query(url, "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)'")
    return {str(row[0]) for row in rows}


def test_from_nothing_to_everything_and_then_nothing_to_do(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty_database_url)
    assert {"eventbus", "accounts", "channel"} <= schemas(empty_database_url)
    heads = ScriptDirectory.from_config(alembic_config()).get_heads()
    applied = {row[0] for row in query(empty_database_url, "SELECT version_num FROM alembic_version")}
    assert applied == set(heads)

    def unexpected(*_: object, **__: object) -> None:
        pytest.fail("a second run starts no process")

    monkeypatch.setattr(runner.subprocess, "run", unexpected)
    migrate(empty_database_url)


def test_two_nodes_at_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(migrate, empty_database_url) for _ in range(2)]:
            done.result()
    assert query(empty_database_url, "SELECT fingerprint FROM schema_fingerprint") == [(fingerprint(),)]


def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    query(database_url, "INSERT INTO alembic_version VALUES ('accounts_9999')")
    query(database_url, "UPDATE schema_fingerprint SET fingerprint = 'of a newer version'")
    with pytest.raises(MigrationFailed, match="newer version"):
        migrate(database_url)


def test_no_foreign_key_crosses_slices(database_url: str) -> None:
    crossing = query(
        database_url,
        """
        SELECT c.conname FROM pg_constraint c
        JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
        WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace
        """,
    )
    assert crossing == []


def test_every_table_has_an_owner_s_schema(database_url: str) -> None:
    tables = query(
        database_url,
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    )
    assert {row[0] for row in tables} == {"alembic_version", "schema_fingerprint"}
