"""Accounts, login sessions and tries to sign up or in."""

from __future__ import annotations

from alembic import op

revision = "accounts_0001"
down_revision = None
branch_labels = ("accounts",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA accounts")
    op.execute(
        """
        CREATE TABLE accounts.account (
            account_id uuid PRIMARY KEY,
            name text NOT NULL CONSTRAINT account_name_unique UNIQUE CHECK (name ~ '^[a-z0-9_]{3,25}$'),
            password_hash text NOT NULL,
            created_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE accounts.login_session (
            account_id uuid NOT NULL REFERENCES accounts.account ON DELETE CASCADE,
            token_hash bytea NOT NULL CONSTRAINT login_session_token_unique UNIQUE,
            key_id text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (account_id, token_hash)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE accounts.attempt (
            key bytea PRIMARY KEY,
            tries integer NOT NULL,
            window_started_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX attempt_age ON accounts.attempt (window_started_at)")
