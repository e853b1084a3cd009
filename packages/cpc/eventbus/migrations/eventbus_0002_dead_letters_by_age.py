"""Dead letters go by age."""

from __future__ import annotations

from alembic import op

revision = "eventbus_0002"
down_revision = "eventbus_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX dead_letter_age ON eventbus.dead_letter (given_up_at)")
