"""Who is suspended is told again: their channels, and what they broadcast, follow that only by now."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "accounts_0008"
down_revision = "accounts_0007"
branch_labels = None
depends_on = None

_RFC3339 = """'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'"""
_SUSPENDED = "suspension_reason IS NOT NULL AND (suspended_until IS NULL OR suspended_until > now())"


def upgrade() -> None:
    anybody = text(f"SELECT EXISTS (SELECT FROM accounts.account WHERE {_SUSPENDED})")  # noqa: S608
    if not op.get_bind().execute(anybody).scalar_one():
        return  # as in a new database, which may have no outbox yet
    # As livehouse.accounts.contract.AccountSuspended. Since when is not kept with the account, and nobody
    # who hears of it goes by that.
    op.execute(
        f"""
        INSERT INTO eventbus.outbox (event_id, type, source, subject, occurred_at, partition_key, data)
        SELECT gen_random_uuid(), 'livehouse.accounts.AccountSuspended.v1', '/livehouse/accounts',
            'accounts.AccountSuspended.v1.' || printed.id, now(), printed.id,
            jsonb_build_object(
                'account_id', printed.id,
                'name', name,
                'suspended_at', to_char(now() AT TIME ZONE 'UTC', {_RFC3339}),
                'until', to_char(suspended_until AT TIME ZONE 'UTC', {_RFC3339})
            )
        FROM accounts.account,
            LATERAL (SELECT 'acc_' || replace(account_id::text, '-', '') AS id) AS printed
        WHERE {_SUSPENDED}
        """  # noqa: S608
    )
