"""Categories have a version, as several administrators change them."""

from __future__ import annotations

from alembic import op

revision = "channel_0009"
down_revision = "channel_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE channel.category ADD COLUMN version integer NOT NULL DEFAULT 1")
