"""The outbox, the inbox and the dead letters."""

from __future__ import annotations

from alembic import op

revision = "eventbus_0001"
down_revision = None
branch_labels = ("eventbus",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA eventbus")
    op.execute(
        """
        CREATE TABLE eventbus.outbox (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_id uuid NOT NULL,
            type text NOT NULL,
            source text NOT NULL,
            subject text NOT NULL,
            occurred_at timestamptz NOT NULL,
            partition_key text NOT NULL,
            data jsonb NOT NULL,
            data_schema text,
            traceparent text,
            published_at timestamptz,
            transport_incarnation text,
            transport_sequence bigint
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX outbox_event ON eventbus.outbox (event_id)")
    op.execute("CREATE INDEX outbox_unpublished ON eventbus.outbox (position) WHERE published_at IS NULL")
    op.execute(
        "CREATE INDEX outbox_published ON eventbus.outbox (transport_sequence) WHERE published_at IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE eventbus.inbox (
            consumer text NOT NULL,
            event_id uuid NOT NULL,
            handled_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (consumer, event_id)
        )
        """
    )
    op.execute("CREATE INDEX inbox_age ON eventbus.inbox (handled_at)")
    op.execute(
        """
        CREATE TABLE eventbus.dead_letter (
            consumer text NOT NULL,
            event_id uuid NOT NULL,
            event jsonb NOT NULL,
            error text NOT NULL,
            given_up_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (consumer, event_id)
        )
        """
    )
