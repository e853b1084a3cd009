"""The unit of work of accounts on PostgreSQL, schema `accounts`."""

from __future__ import annotations

from cpc.eventbus.postgres import PostgresTransaction
from cpc.images.postgres import PostgresImagesInDoubt
from livehouse.accounts.adapters.postgres_accounts import PostgresAccounts
from livehouse.accounts.adapters.postgres_attempts import PostgresAttempts
from livehouse.accounts.adapters.postgres_audit_log import PostgresAuditLog
from livehouse.accounts.adapters.postgres_blocks import PostgresBlocks
from livehouse.accounts.adapters.postgres_mail_queue import PostgresMailQueue
from livehouse.accounts.adapters.postgres_tokens import (
    PostgresAccessTokens,
    PostgresLoginSessions,
    PostgresOneTimeTokens,
)


class PostgresAccountsUnitOfWork(PostgresTransaction):
    @property
    def accounts(self) -> PostgresAccounts:
        return PostgresAccounts(self.connection)

    @property
    def login_sessions(self) -> PostgresLoginSessions:
        return PostgresLoginSessions(self.connection)

    @property
    def access_tokens(self) -> PostgresAccessTokens:
        return PostgresAccessTokens(self.connection)

    @property
    def one_time_tokens(self) -> PostgresOneTimeTokens:
        return PostgresOneTimeTokens(self.connection)

    @property
    def mail_queue(self) -> PostgresMailQueue:
        return PostgresMailQueue(self.connection)

    @property
    def blocks(self) -> PostgresBlocks:
        return PostgresBlocks(self.connection)

    @property
    def audit_log(self) -> PostgresAuditLog:
        return PostgresAuditLog(self.connection)

    @property
    def attempts(self) -> PostgresAttempts:
        return PostgresAttempts(self.connection)

    @property
    def images_in_doubt(self) -> PostgresImagesInDoubt:
        return PostgresImagesInDoubt(self.connection)
