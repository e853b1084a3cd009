"""Mail, profiles, logins one can list, personal access tokens, blocks, deletion."""

from __future__ import annotations

from alembic import op

revision = "accounts_0003"
down_revision = "accounts_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Whoever had an account before mail was asked for counts as confirmed.
    op.execute(
        """
        ALTER TABLE accounts.account
            ADD COLUMN mail text,
            ADD COLUMN pending_mail text,
            ADD COLUMN is_confirmed boolean NOT NULL DEFAULT true,
            ADD COLUMN display_name text NOT NULL DEFAULT '',
            ADD COLUMN bio text NOT NULL DEFAULT '',
            ADD COLUMN locale text NOT NULL DEFAULT '',
            ADD COLUMN deletion_due_at timestamptz,
            ADD COLUMN skeleton text
        """
    )
    # As livehouse.accounts.domain.likeness.skeleton.
    op.execute(
        """
        UPDATE accounts.account SET skeleton =
            replace(replace(translate(replace(name, '_', ''), '01', 'ol'), 'rn', 'm'), 'vv', 'w')
        """
    )
    op.execute("ALTER TABLE accounts.account ALTER COLUMN skeleton SET NOT NULL")
    # Not unique: names that were taken before the rule keep their twins.
    op.execute("CREATE INDEX account_skeleton ON accounts.account (skeleton)")
    op.execute("CREATE INDEX account_mail ON accounts.account (lower(mail)) WHERE mail IS NOT NULL")
    op.execute("CREATE INDEX account_administrator ON accounts.account (name) WHERE is_administrator")
    op.execute(
        "CREATE INDEX account_deletion ON accounts.account (deletion_due_at)"
        " WHERE deletion_due_at IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE accounts.retired_name (
            name text PRIMARY KEY,
            kept_until timestamptz NOT NULL
        )
        """
    )
    op.execute(
        """
        ALTER TABLE accounts.login_session
            ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid(),
            ADD COLUMN last_used_at timestamptz,
            ADD COLUMN program text NOT NULL DEFAULT ''
        """
    )
    op.execute("UPDATE accounts.login_session SET last_used_at = created_at")
    op.execute(
        """
        ALTER TABLE accounts.login_session
            ALTER COLUMN session_id DROP DEFAULT,
            ALTER COLUMN last_used_at SET NOT NULL
        """
    )
    op.execute(
        """
        CREATE TABLE accounts.access_token (
            account_id uuid NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
            token_id uuid NOT NULL,
            name text NOT NULL,
            scopes text[] NOT NULL,
            key_id text NOT NULL,
            token_hash bytea NOT NULL CONSTRAINT access_token_unique UNIQUE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            last_used_at timestamptz,
            PRIMARY KEY (account_id, token_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE accounts.one_time_token (
            account_id uuid NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
            token_hash bytea NOT NULL CONSTRAINT one_time_token_unique UNIQUE,
            key_id text NOT NULL,
            kind text NOT NULL,
            mail text NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (account_id, token_hash)
        )
        """
    )
    # account_id is null where a stranger typed the address: whose it is, is found out when it is sent.
    op.execute(
        """
        CREATE TABLE accounts.mail_queue (
            mail_id uuid PRIMARY KEY,
            kind text NOT NULL,
            recipient text NOT NULL,
            account_id uuid REFERENCES accounts.account ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            tries integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX mail_queue_due ON accounts.mail_queue (due_at)")
    op.execute("CREATE INDEX mail_queue_account ON accounts.mail_queue (account_id)")
    op.execute(
        """
        CREATE TABLE accounts.block (
            account_id uuid NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
            blocked_id uuid NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
            blocked_at timestamptz NOT NULL,
            PRIMARY KEY (account_id, blocked_id)
        )
        """
    )
    op.execute("CREATE INDEX block_blocked ON accounts.block (blocked_id)")
