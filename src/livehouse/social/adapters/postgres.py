"""The unit of work of social on PostgreSQL, schema `social`."""

from __future__ import annotations

from cpc.eventbus.postgres import PostgresTransaction
from livehouse.social.adapters.postgres_follows import PostgresFollows
from livehouse.social.adapters.postgres_payments import PostgresPayments
from livehouse.social.adapters.postgres_subscriptions import PostgresSubscriptions
from livehouse.social.adapters.postgres_supports import PostgresSupports
from livehouse.social.adapters.postgres_tiers import PostgresTiers


class PostgresSocialUnitOfWork(PostgresTransaction):
    @property
    def follows(self) -> PostgresFollows:
        return PostgresFollows(self.connection)

    @property
    def tiers(self) -> PostgresTiers:
        return PostgresTiers(self.connection)

    @property
    def subscriptions(self) -> PostgresSubscriptions:
        return PostgresSubscriptions(self.connection)

    @property
    def payments(self) -> PostgresPayments:
        return PostgresPayments(self.connection)

    @property
    def supports(self) -> PostgresSupports:
        return PostgresSupports(self.connection)
