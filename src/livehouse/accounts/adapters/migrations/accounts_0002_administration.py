"""Administrators, suspensions and the log of what administrators did."""

from __future__ import annotations

from alembic import op

revision = "accounts_0002"
down_revision = "accounts_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE accounts.account
            ADD COLUMN is_administrator boolean NOT NULL DEFAULT false,
            ADD COLUMN suspension_reason text,
            ADD COLUMN suspended_until timestamptz
        """
    )
    # Names are ASCII: pages and prefixes go by the order of bytes.
    op.execute('CREATE INDEX account_name_bytes ON accounts.account (name COLLATE "C")')
    op.execute(
        'CREATE INDEX account_suspended ON accounts.account (name COLLATE "C")'
        " WHERE suspension_reason IS NOT NULL"
    )
    # No foreign key: an entry outlives those it names.
    op.execute(
        """
        CREATE TABLE accounts.audit_entry (
            entry_id uuid PRIMARY KEY,
            at timestamptz NOT NULL,
            by_id uuid,
            by_name text,
            what text NOT NULL,
            subject text NOT NULL,
            subject_name text NOT NULL,
            reason text NOT NULL
        )
        """
    )
