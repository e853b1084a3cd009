"""`migrate(database_url)`: blocking, so call it with `asyncio.to_thread`."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import asyncpg

from livehouse.main.migrations.revisions import fingerprint

DATABASE_URL_VARIABLE = "LIVEHOUSE_MIGRATE_DATABASE_URL"


class MigrationFailed(Exception):
    """The database could not be brought to the schema this version needs; the text says why."""


def migrate(database_url: str) -> None:
    """Bring the database at `postgresql+asyncpg://…` to the newest schema.

    Costs one query when nothing is to do. Otherwise Alembic runs in a process of its own: it and what it
    imports take a second and tens of megabytes that a supervisor need not carry.
    Raises `MigrationFailed`; an unreachable server raises what asyncpg raises.
    """
    if asyncio.run(_applied_fingerprint(database_url)) == fingerprint():
        return
    finished = subprocess.run(
        [sys.executable, "-m", "livehouse.main.migrations.upgrade"],
        env={**os.environ, DATABASE_URL_VARIABLE: database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise MigrationFailed(finished.stderr.strip()[-4000:] or "the migration process died")


async def _applied_fingerprint(database_url: str) -> str | None:
    connection = await asyncpg.connect(
        database_url.replace("postgresql+asyncpg://", "postgresql://", 1), timeout=10
    )
    try:
        applied: str | None = await connection.fetchval("SELECT fingerprint FROM public.schema_fingerprint")
    except asyncpg.UndefinedTableError:
        return None
    else:
        return applied
    finally:
        await connection.close()
