"""A renewal is not asked for while the channel, its owner or the supporter is suspended."""

from __future__ import annotations

from alembic import op

revision = "social_0004"
down_revision = "social_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE social.paid_subscription ADD COLUMN renewal_postponed_to timestamptz")
