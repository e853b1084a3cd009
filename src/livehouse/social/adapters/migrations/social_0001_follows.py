"""Follows, with what is counted of them."""

from __future__ import annotations

from alembic import op

revision = "social_0001"
down_revision = None
branch_labels = ("social",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA social")
    op.execute(
        """
        CREATE TABLE social.follow (
            account_id uuid NOT NULL,
            channel_id uuid NOT NULL,
            followed_at timestamptz NOT NULL,
            notifies boolean NOT NULL,
            PRIMARY KEY (account_id, channel_id)
        )
        """
    )
    op.execute(
        "CREATE INDEX follow_newest_of_account ON social.follow"
        " (account_id, followed_at DESC, channel_id DESC)"
    )
    op.execute(
        "CREATE INDEX follow_newest_of_channel ON social.follow"
        " (channel_id, followed_at DESC, account_id DESC)"
    )
    # Counted where the follow is made, so that ten million rows are never counted. fillfactor: rows that
    # change often find room on their own page.
    op.execute(
        """
        CREATE TABLE social.follower_count (
            channel_id uuid PRIMARY KEY,
            followers bigint NOT NULL CHECK (followers >= 0)
        ) WITH (fillfactor = 70)
        """
    )
    op.execute(
        """
        CREATE TABLE social.follow_tally (
            account_id uuid PRIMARY KEY,
            follows integer NOT NULL CHECK (follows >= 0),
            window_started_at timestamptz NOT NULL,
            made_in_window integer NOT NULL
        ) WITH (fillfactor = 70)
        """
    )
