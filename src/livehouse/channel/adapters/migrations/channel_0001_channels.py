"""Channels and the directory of what is live."""

from __future__ import annotations

from alembic import op

revision = "channel_0001"
down_revision = None
branch_labels = ("channel",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA channel")
    op.execute(
        """
        CREATE TABLE channel.channel (
            owner_id uuid NOT NULL CONSTRAINT channel_one_per_owner UNIQUE,
            channel_id uuid NOT NULL CONSTRAINT channel_id_unique UNIQUE,
            name text NOT NULL CONSTRAINT channel_name_unique UNIQUE CHECK (name ~ '^[a-z0-9_]{3,25}$'),
            title text NOT NULL,
            category text NOT NULL,
            created_at timestamptz NOT NULL,
            version integer NOT NULL,
            PRIMARY KEY (owner_id, channel_id)
        )
        """
    )
    # Its rows come from events, so a broadcast may be known before its channel is read: no foreign key.
    op.execute(
        """
        CREATE TABLE channel.directory (
            channel_id uuid PRIMARY KEY,
            broadcast_id text NOT NULL,
            is_live boolean NOT NULL,
            viewers integer NOT NULL,
            started_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX directory_live ON channel.directory (viewers DESC, channel_id) WHERE is_live")
