"""Roles on channels, names they bore before, and who had one that was erased."""

from __future__ import annotations

from alembic import op

revision = "channel_0006"
down_revision = "channel_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE channel.role (
            channel_id uuid NOT NULL REFERENCES channel.channel (channel_id) ON DELETE CASCADE,
            account_id uuid NOT NULL,
            role text NOT NULL CHECK (role IN ('editor', 'moderator', 'vip')),
            granted_at timestamptz NOT NULL,
            PRIMARY KEY (channel_id, account_id)
        )
        """
    )
    op.execute("CREATE INDEX role_held_by ON channel.role (account_id, channel_id)")
    op.execute(
        """
        CREATE TABLE channel.former_name (
            name text PRIMARY KEY,
            channel_id uuid NOT NULL REFERENCES channel.channel (channel_id) ON DELETE CASCADE,
            kept_until timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX former_name_channel ON channel.former_name (channel_id)")
    op.execute("CREATE INDEX former_name_end ON channel.former_name (kept_until)")
    op.execute(
        """
        CREATE TABLE channel.erased_channel (
            owner_id uuid PRIMARY KEY,
            erased_at timestamptz NOT NULL
        )
        """
    )
    # Names are ASCII: pages and prefixes go by the order of bytes.
    op.execute('CREATE INDEX channel_name_bytes ON channel.channel (name COLLATE "C")')
    op.execute(
        'CREATE INDEX channel_suspended ON channel.channel (name COLLATE "C")'
        " WHERE suspension_reason IS NOT NULL"
    )
