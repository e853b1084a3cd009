"""Images that may be nobody's."""

from __future__ import annotations

from alembic import op

revision = "images_0001"
down_revision = None
branch_labels = ("images",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA images")
    op.execute(
        """
        CREATE TABLE images.in_doubt (
            name text PRIMARY KEY CHECK (name ~ '^[0-9a-f]{40}$'),
            since timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX in_doubt_since ON images.in_doubt (since)")
