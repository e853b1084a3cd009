"""Alembic's entry: runs on the connection that `upgrade` holds, inside its transaction."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="public",
    transactional_ddl=True,
)
context.run_migrations()
