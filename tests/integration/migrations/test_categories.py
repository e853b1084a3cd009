"""What channels had written freely as their category becomes categories."""

from __future__ import annotations

import asyncio

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from livehouse.main.migrations.upgrade import alembic_config

pytestmark = pytest.mark.integration

WRITTEN = {
    "ada": "",
    "bob": "music",
    "carol": "Müsic!",
    "dan": "Underwater Basket Weaving",
    "eve": "underwater basket-weaving",
    "fay": "日本",
}


def upgrade(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def migrated(url: str) -> dict[str, tuple[str, str] | None]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "channel_0004")
        for name, category in WRITTEN.items():
            await connection.execute(
                text(
                    "INSERT INTO channel.channel"
                    " (owner_id, channel_id, name, title, category, created_at, version)"
                    " VALUES (gen_random_uuid(), gen_random_uuid(), :name, :name, :category, now(), 1)"
                ),
                {"name": name, "category": category},
            )
        await connection.execute(
            text(
                "INSERT INTO channel.directory (channel_id, broadcast_id, is_live, viewers, started_at)"
                " SELECT channel_id, 'brd_1', name = 'bob', 3, now() FROM channel.channel"
                " WHERE name IN ('ada', 'bob')"
            )
        )
        await connection.run_sync(upgrade, "heads")
        rows = await connection.execute(
            text(
                "SELECT c.name AS channel, k.slug, k.name FROM channel.channel c"
                " LEFT JOIN channel.category k USING (category_id)"
            )
        )
        found = {row.channel: None if row.slug is None else (row.slug, row.name) for row in rows}
        live = await connection.execute(text("SELECT name, viewers, is_listed FROM channel.directory"))
        assert [tuple(row) for row in live] == [("bob", 3, True)], "what is live stays so"
    await engine.dispose()
    return found


def test_free_text_becomes_categories(empty_database_url: str) -> None:
    found = asyncio.run(migrated(empty_database_url))
    assert found["ada"] is None
    assert found["bob"] == found["carol"] == ("music", "Music")
    assert found["dan"] == found["eve"]
    assert found["dan"] is not None
    assert found["dan"][0] == "underwater-basket-weaving"
    assert found["fay"] is not None
    assert (found["fay"][0].partition("-")[0], found["fay"][1]) == ("category", "日本")
