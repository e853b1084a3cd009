"""The suspension of a channel's owner, as accounts last told of it."""

from __future__ import annotations

from alembic import op

revision = "channel_0008"
down_revision = "channel_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE channel.channel
            ADD COLUMN owner_suspension_reason text,
            ADD COLUMN owner_suspended_until timestamptz
        """
    )
