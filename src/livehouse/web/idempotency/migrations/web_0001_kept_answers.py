"""Answers kept under an Idempotency-Key."""

from __future__ import annotations

from alembic import op

revision = "web_0001"
down_revision = None
branch_labels = ("web",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA web")
    op.execute(
        """
        CREATE TABLE web.kept_answer (
            owner bytea NOT NULL,
            key bytea NOT NULL,
            fingerprint bytea NOT NULL,
            claim_id uuid NOT NULL,
            claimed_until timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            status smallint,
            headers jsonb,
            body bytea,
            PRIMARY KEY (owner, key)
        )
        """
    )
    op.execute("CREATE INDEX kept_answer_expires ON web.kept_answer (expires_at)")
