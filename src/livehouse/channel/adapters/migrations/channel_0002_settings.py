"""Settings, suspension, deletion and renaming of channels."""

from __future__ import annotations

from alembic import op

revision = "channel_0002"
down_revision = "channel_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE channel.channel
            ADD COLUMN tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 10),
            ADD COLUMN language text NOT NULL DEFAULT '',
            ADD COLUMN is_mature boolean NOT NULL DEFAULT false,
            ADD COLUMN is_recorded boolean NOT NULL DEFAULT false,
            ADD COLUMN ladder integer[] NOT NULL DEFAULT '{}',
            ADD COLUMN slow_mode_s integer NOT NULL DEFAULT 0,
            ADD COLUMN followers_only_min integer,
            ADD COLUMN members_only_chat boolean NOT NULL DEFAULT false,
            ADD COLUMN emotes_only_chat boolean NOT NULL DEFAULT false,
            ADD COLUMN privacy text NOT NULL DEFAULT 'public'
                CHECK (privacy IN ('public', 'unlisted', 'members_only')),
            ADD COLUMN suspension_reason text,
            ADD COLUMN suspended_until timestamptz,
            ADD COLUMN deletion_due_at timestamptz,
            ADD COLUMN renamed_at timestamptz
        """
    )
    op.execute(
        "CREATE INDEX channel_deletion ON channel.channel (deletion_due_at) WHERE deletion_due_at IS NOT NULL"
    )
