"""What channels say of themselves, and their schedules."""

from __future__ import annotations

from alembic import op

revision = "channel_0003"
down_revision = "channel_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE channel.about (
            channel_id uuid PRIMARY KEY REFERENCES channel.channel (channel_id) ON DELETE CASCADE,
            description text NOT NULL,
            description_html text NOT NULL,
            panels jsonb NOT NULL,
            version integer NOT NULL,
            renderer integer NOT NULL
        )
        """
    )
    # starts_at: by the wall clock of time_zone; repeats_on: 0 is Monday.
    op.execute(
        """
        CREATE TABLE channel.schedule_entry (
            channel_id uuid NOT NULL REFERENCES channel.channel (channel_id) ON DELETE CASCADE,
            entry_id uuid NOT NULL,
            title text NOT NULL,
            category_id uuid,
            starts_at timestamp NOT NULL,
            time_zone text NOT NULL,
            duration_min integer NOT NULL,
            repeats_on smallint[] NOT NULL,
            repeats_until date,
            cancelled date[] NOT NULL,
            changed_at timestamptz NOT NULL,
            version integer NOT NULL,
            PRIMARY KEY (channel_id, entry_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE channel.schedule_vacation (
            channel_id uuid PRIMARY KEY REFERENCES channel.channel (channel_id) ON DELETE CASCADE,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL
        )
        """
    )
