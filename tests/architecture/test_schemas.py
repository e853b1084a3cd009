"""Each slice and shared package owns its tables: read from the catalogue of a migrated database."""

from __future__ import annotations

import asyncpg
import pytest

pytestmark = pytest.mark.integration

CROSSING = """
    SELECT format('%I.%I -> %I.%I', n.nspname, t.relname, fn.nspname, ft.relname)
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_class ft ON ft.oid = c.confrelid JOIN pg_namespace fn ON fn.oid = ft.relnamespace
    WHERE c.contype = 'f' AND n.oid <> fn.oid
"""


async def rows(database_url: str, query: str) -> list[str]:
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_no_foreign_key_crosses_a_schema(database_url: str) -> None:
    assert await rows(database_url, CROSSING) == []


async def test_a_planted_foreign_key_is_seen(database_url: str) -> None:
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg", "postgresql"))
    await connection.execute(
        "CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE one.a (id int PRIMARY KEY);"
        "CREATE TABLE two.b (a int REFERENCES one.a)"
    )
    await connection.close()
    assert await rows(database_url, CROSSING) == ["two.b -> one.a"]


async def test_every_table_lies_in_the_schema_of_its_owner(database_url: str) -> None:
    owners = await rows(
        database_url,
        "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'",
    )
    assert set(owners) - {"public"} <= {
        "accounts",
        "channel",
        "chat",
        "eventbus",
        "images",
        "messenger",
        "social",
        "social_integration",
        "streaming",
        "web",
    }
    public = await rows(database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert set(public) <= {"alembic_version", "schema_fingerprint"}, "only what the migrations note"
