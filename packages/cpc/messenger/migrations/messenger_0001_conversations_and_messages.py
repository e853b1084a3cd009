"""Conversations, participants and messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "messenger_0001"
down_revision = None
branch_labels = ("messenger",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA messenger")
    op.create_table(
        "conversation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("posting", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False, server_default="0"),
        schema="messenger",
        # Each batch updates last_seq: room on the page lets PostgreSQL do that in place (HOT).
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "participant",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "person_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["messenger.conversation.id"]),
        schema="messenger",
    )
    op.create_table(
        "message",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sender_id", sa.Uuid, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("extension", JSONB, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("conversation_id", "sender_id", "nonce"),
        sa.ForeignKeyConstraint(["conversation_id"], ["messenger.conversation.id"]),
        schema="messenger",
    )
