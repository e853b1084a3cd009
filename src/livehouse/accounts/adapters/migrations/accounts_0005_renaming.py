"""Accounts are renamed; names that were given up are kept for those who had them."""

from __future__ import annotations

from alembic import op

revision = "accounts_0005"
down_revision = "accounts_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE accounts.account ADD COLUMN renamed_at timestamptz")
    # account_id: who may have it back; null where the account was erased.
    op.execute(
        """
        ALTER TABLE accounts.retired_name
            ADD COLUMN skeleton text,
            ADD COLUMN account_id uuid REFERENCES accounts.account ON DELETE SET NULL
        """
    )
    # As livehouse.accounts.domain.likeness.skeleton.
    op.execute(
        """
        UPDATE accounts.retired_name SET skeleton =
            replace(replace(translate(replace(name, '_', ''), '01', 'ol'), 'rn', 'm'), 'vv', 'w')
        """
    )
    op.execute("ALTER TABLE accounts.retired_name ALTER COLUMN skeleton SET NOT NULL")
    op.execute("CREATE INDEX retired_name_skeleton ON accounts.retired_name (skeleton)")
    op.execute("CREATE INDEX retired_name_account ON accounts.retired_name (account_id)")
