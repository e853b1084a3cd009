"""Tiers, paid subscriptions and payments."""

from __future__ import annotations

from alembic import op

revision = "social_0002"
down_revision = "social_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE social.tier (
            channel_id uuid NOT NULL,
            tier_id uuid NOT NULL CONSTRAINT tier_id_unique UNIQUE,
            name text NOT NULL,
            amount bigint NOT NULL CHECK (amount >= 0),
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            benefits jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            withdrawn_at timestamptz,
            PRIMARY KEY (channel_id, tier_id)
        )
        """
    )
    # One for each supporter and channel for ever. entitled_until and due_at follow from the rest: the first
    # is what access asks, the second what the worker looks for.
    op.execute(
        """
        CREATE TABLE social.paid_subscription (
            account_id uuid NOT NULL,
            channel_id uuid NOT NULL,
            subscription_id uuid NOT NULL CONSTRAINT paid_subscription_id_unique UNIQUE,
            state text NOT NULL
                CHECK (state IN ('pending', 'active', 'cancelled', 'ended', 'refused', 'expired')),
            tier_id uuid NOT NULL,
            next_tier_id uuid,
            amount bigint NOT NULL CHECK (amount >= 0),
            currency text NOT NULL,
            asked_at timestamptz NOT NULL,
            run_started_at timestamptz,
            run_months integer NOT NULL CHECK (run_months >= 0),
            months_before integer NOT NULL CHECK (months_before >= 0),
            streak_before integer NOT NULL CHECK (streak_before >= 0),
            entitled_until timestamptz,
            due_at timestamptz,
            PRIMARY KEY (account_id, channel_id),
            CHECK ((entitled_until IS NOT NULL) = (state IN ('active', 'cancelled')))
        )
        """
    )
    op.execute(
        "CREATE INDEX paid_subscription_running ON social.paid_subscription"
        " (channel_id, run_started_at DESC, account_id DESC) WHERE state IN ('active', 'cancelled')"
    )
    op.execute(
        "CREATE INDEX paid_subscription_open ON social.paid_subscription (channel_id)"
        " WHERE state IN ('pending', 'active', 'cancelled')"
    )
    op.execute(
        "CREATE INDEX paid_subscription_due ON social.paid_subscription (due_at) WHERE due_at IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE social.payment (
            channel_id uuid NOT NULL,
            payment_id uuid NOT NULL CONSTRAINT payment_id_unique UNIQUE,
            account_id uuid,
            kind text NOT NULL,
            state text NOT NULL
                CHECK (state IN ('pending', 'confirmed', 'refused', 'expired', 'withdrawn')),
            tier_id uuid NOT NULL,
            amount bigint NOT NULL CHECK (amount >= 0),
            price bigint NOT NULL CHECK (price >= 0),
            currency text NOT NULL,
            months integer NOT NULL,
            provider text NOT NULL,
            reference text NOT NULL,
            created_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            settled_at timestamptz,
            settled_by uuid,
            PRIMARY KEY (channel_id, payment_id)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX payment_one_pending ON social.payment (account_id, channel_id)"
        " WHERE state = 'pending'"
    )
    op.execute(
        "CREATE INDEX payment_newest_of_channel ON social.payment"
        " (channel_id, created_at DESC, payment_id DESC)"
    )
    op.execute(
        "CREATE INDEX payment_newest_by_state ON social.payment"
        " (channel_id, state, created_at DESC, payment_id DESC)"
    )
    op.execute(
        "CREATE INDEX payment_newest_of_account ON social.payment"
        " (account_id, created_at DESC, payment_id DESC) WHERE account_id IS NOT NULL"
    )
    op.execute("CREATE INDEX payment_settled_by ON social.payment (settled_by) WHERE settled_by IS NOT NULL")
