"""Avatars."""

from __future__ import annotations

from alembic import op

revision = "accounts_0004"
down_revision = "accounts_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE accounts.account ADD COLUMN avatar text CHECK (avatar ~ '^[0-9a-f]{40}$')")
    # By it the worker sees whether an image is still anybody's.
    op.execute("CREATE INDEX account_avatar ON accounts.account (avatar) WHERE avatar IS NOT NULL")
