"""The unit of work of social on PostgreSQL, schema `social`."""

from __future__ import annotations

from cpc.eventbus.postgres import PostgresTransaction
from livehouse.social.adapters.postgres_follows import PostgresFollows
from livehouse.social.adapters.postgres_supports import PostgresSupports


class PostgresSocialUnitOfWork(PostgresTransaction):
    @property
    def follows(self) -> PostgresFollows:
        return PostgresFollows(self.connection)

    @property
    def supports(self) -> PostgresSupports:
        return PostgresSupports(self.connection)
