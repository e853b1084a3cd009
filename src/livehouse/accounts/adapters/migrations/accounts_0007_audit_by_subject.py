"""What administrators did to somebody is found without reading all they did."""

from __future__ import annotations

from alembic import op

revision = "accounts_0007"
down_revision = "accounts_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX audit_entry_subject ON accounts.audit_entry (subject, entry_id)")
