"""Stream keys, broadcasts and their sessions."""

from __future__ import annotations

from alembic import op

revision = "streaming_0001"
down_revision = None
branch_labels = ("streaming",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA streaming")
    op.execute(
        """
        CREATE TABLE streaming.stream_key (
            channel_id uuid NOT NULL,
            stream_key_id uuid NOT NULL,
            name text NOT NULL,
            ring_key_id text NOT NULL,
            digest bytea NOT NULL UNIQUE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            revoked_at timestamptz,
            last_used_at timestamptz,
            PRIMARY KEY (channel_id, stream_key_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE streaming.broadcast (
            channel_id uuid NOT NULL,
            broadcast_id uuid NOT NULL,
            node_id text NOT NULL,
            state text NOT NULL CHECK (state IN ('offered', 'live', 'interrupted', 'ended')),
            offered_at timestamptz NOT NULL,
            started_at timestamptz,
            interrupted_at timestamptz,
            ended_at timestamptz,
            end_reason text,
            codec text,
            width integer,
            height integer,
            viewers integer NOT NULL,
            viewers_counted_at timestamptz,
            PRIMARY KEY (channel_id, broadcast_id)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX one_running_broadcast ON streaming.broadcast (channel_id) WHERE state <> 'ended'"
    )
    op.execute("CREATE INDEX broadcast_running_on ON streaming.broadcast (node_id) WHERE state <> 'ended'")
    op.execute("CREATE INDEX broadcast_ended_at ON streaming.broadcast (ended_at) WHERE state = 'ended'")
    op.execute(
        """
        CREATE TABLE streaming.ingest_session (
            channel_id uuid NOT NULL,
            ingest_session_id uuid NOT NULL,
            broadcast_id uuid NOT NULL,
            stream_key_id uuid NOT NULL,
            node_id text NOT NULL,
            digest bytea NOT NULL UNIQUE,
            opened_at timestamptz NOT NULL,
            closed_at timestamptz,
            PRIMARY KEY (channel_id, ingest_session_id),
            FOREIGN KEY (channel_id, broadcast_id) REFERENCES streaming.broadcast,
            FOREIGN KEY (channel_id, stream_key_id) REFERENCES streaming.stream_key
        )
        """
    )
    op.execute(
        "CREATE INDEX ingest_session_open ON streaming.ingest_session (channel_id, broadcast_id)"
        " WHERE closed_at IS NULL"
    )
    op.execute(
        """
        CREATE TABLE streaming.playback_session (
            channel_id uuid NOT NULL,
            playback_session_id uuid NOT NULL,
            broadcast_id uuid NOT NULL,
            digest bytea NOT NULL UNIQUE,
            account_id uuid,
            joined_at timestamptz NOT NULL,
            PRIMARY KEY (channel_id, playback_session_id),
            FOREIGN KEY (channel_id, broadcast_id) REFERENCES streaming.broadcast
        )
        """
    )
    op.execute("CREATE INDEX playback_session_age ON streaming.playback_session (joined_at)")
