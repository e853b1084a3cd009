"""What somebody said can be found: to be taken home, and to lose its name."""

from __future__ import annotations

from alembic import op

revision = "messenger_0002"
down_revision = "messenger_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("message_sender", "message", ["sender_id", "conversation_id", "seq"], schema="messenger")
