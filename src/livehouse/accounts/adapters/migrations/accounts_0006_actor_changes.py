"""PostgreSQL says whose tokens say something else from now on, whoever changed it."""

from __future__ import annotations

from alembic import op

revision = "accounts_0006"
down_revision = "accounts_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The channel is that of livehouse.accounts.adapters.postgres_actor_changes.
    op.execute(
        """
        CREATE FUNCTION accounts.tell_of_actor() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('livehouse_actor_changed', OLD.account_id::text);
            RETURN NULL;
        END
        $$
        """
    )
    for table in ("login_session", "access_token", "account"):
        op.execute(
            f"CREATE TRIGGER tell_of_end AFTER DELETE ON accounts.{table}"
            " FOR EACH ROW EXECUTE FUNCTION accounts.tell_of_actor()"
        )
    # What livehouse.accounts.contract.Actor holds.
    op.execute(
        """
        CREATE TRIGGER tell_of_change AFTER UPDATE ON accounts.account FOR EACH ROW
        WHEN (
            (OLD.name, OLD.is_administrator, OLD.is_confirmed, OLD.suspension_reason, OLD.suspended_until)
            IS DISTINCT FROM
            (NEW.name, NEW.is_administrator, NEW.is_confirmed, NEW.suspension_reason, NEW.suspended_until)
        )
        EXECUTE FUNCTION accounts.tell_of_actor()
        """
    )
