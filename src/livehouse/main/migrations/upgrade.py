"""The process that runs Alembic; started by `runner.migrate`. One at a time on one database."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from livehouse.main.migrations.revisions import fingerprint, version_locations
from livehouse.main.migrations.runner import DATABASE_URL_VARIABLE

_LOCK_KEY = 0x6C697665686F7573  # "livehous"


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    locations = "\n".join(str(folder) for folder in version_locations())
    config.set_main_option("version_locations", locations.replace("%", "%%"))
    return config


async def upgrade(database_url: str) -> None:
    """All in one transaction under an advisory lock: a second node waits, then finds nothing to do."""
    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS public.schema_fingerprint (fingerprint text NOT NULL)")
    )
    connection.execute(text("DELETE FROM public.schema_fingerprint"))
    connection.execute(
        text("INSERT INTO public.schema_fingerprint VALUES (:fingerprint)"), {"fingerprint": fingerprint()}
    )


def main() -> int:
    try:
        asyncio.run(upgrade(os.environ[DATABASE_URL_VARIABLE]))
    except CommandError as error:
        sys.stderr.write(
            f"The database does not fit this version of Livehouse ({error})."
            " It was probably used by a newer version: start that one, or restore a backup.\n"
        )
        return 1
    except (SQLAlchemyError, OSError) as error:
        sys.stderr.write(f"The database could not be brought up to date: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
