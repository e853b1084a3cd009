"""A tier gives what it has to the end of what was paid for it, whenever the next one is paid."""

from __future__ import annotations

from alembic import op

revision = "social_0003"
down_revision = "social_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE social.paid_subscription
            ADD COLUMN former_tier_id uuid,
            ADD COLUMN former_until timestamptz,
            ADD CONSTRAINT paid_subscription_former
                CHECK ((former_tier_id IS NULL) = (former_until IS NULL))
        """
    )
