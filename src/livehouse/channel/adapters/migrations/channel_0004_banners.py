"""Banners."""

from __future__ import annotations

from alembic import op

revision = "channel_0004"
down_revision = "channel_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE channel.banner (
            channel_id uuid PRIMARY KEY REFERENCES channel.channel (channel_id) ON DELETE CASCADE,
            image text NOT NULL CHECK (image ~ '^[0-9a-f]{40}$')
        )
        """
    )
    # By it the worker sees whether an image is still any channel's.
    op.execute("CREATE INDEX banner_image ON channel.banner (image)")
