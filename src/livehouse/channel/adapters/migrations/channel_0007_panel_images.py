"""Which panels show an image: asked by the worker before it gives one up."""

from __future__ import annotations

from alembic import op

revision = "channel_0007"
down_revision = "channel_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX about_images ON channel.about USING gin (panels jsonb_path_ops)")
