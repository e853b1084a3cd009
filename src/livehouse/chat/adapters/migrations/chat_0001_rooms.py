"""Which conversation is a channel's chat room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "chat_0001"
down_revision = None
branch_labels = ("chat",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA chat")
    op.create_table(
        "room",
        sa.Column("channel_id", sa.Uuid, primary_key=True),
        sa.Column("conversation_id", sa.Uuid, nullable=False, unique=True),
        schema="chat",
    )
