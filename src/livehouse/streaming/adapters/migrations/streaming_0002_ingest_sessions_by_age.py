"""Ingest sessions that are long closed are found without reading all others."""

from __future__ import annotations

from alembic import op

revision = "streaming_0002"
down_revision = "streaming_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ingest_session_closed ON streaming.ingest_session (closed_at)"
        " WHERE closed_at IS NOT NULL"
    )
