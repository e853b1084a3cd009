"""Accounts in PostgreSQL, schema `accounts`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, case, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.errors import Conflict
from livehouse.access.contract import Suspension
from livehouse.accounts.adapters import postgres_tables as tables
from livehouse.accounts.adapters.postgres_audit_log import PostgresAuditLog
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import LoginSession

_account, _login_session, _attempt = tables.account, tables.login_session, tables.attempt

_LOGIN_SESSION_COLUMNS = (
    _login_session.c.token_hash,
    _login_session.c.key_id,
    _login_session.c.created_at.label("opened_at"),
    _login_session.c.expires_at,
)


class PostgresAccounts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, account: Account, password_hash: str) -> None:
        added = await self._connection.execute(
            insert(_account)
            .values(
                account_id=account.id.uuid,
                name=account.name.value,
                password_hash=password_hash,
                created_at=account.created_at,
            )
            .on_conflict_do_nothing(index_elements=["name"])
            .returning(_account.c.account_id)
        )
        if added.one_or_none() is None:
            raise Conflict("name-taken", f"The name '{account.name}' is taken. Choose another one.")

    async def by_id(self, account_id: AccountId) -> Account | None:
        found = await self._connection.execute(
            select(_account).where(_account.c.account_id == account_id.uuid)
        )
        row = found.one_or_none()
        return None if row is None else _to_account(row)

    async def by_name(self, name: AccountName, *, for_update: bool = False) -> Account | None:
        query = select(_account).where(_account.c.name == name.value)
        found = await self._connection.execute(query.with_for_update() if for_update else query)
        row = found.one_or_none()
        return None if row is None else _to_account(row)

    async def page(
        self, *, prefix: str, suspended_at: datetime | None, after: AccountName | None, limit: int
    ) -> Sequence[Account]:
        columns = _account.c
        name = columns.name.collate("C")
        query = select(_account).order_by(name).limit(limit)
        if prefix:
            query = query.where(name.startswith(prefix, autoescape=True))
        if suspended_at is not None:
            query = query.where(
                columns.suspension_reason.is_not(None),
                or_(columns.suspended_until.is_(None), columns.suspended_until > suspended_at),
            )
        if after is not None:
            query = query.where(name > after.value)
        return [_to_account(row) for row in await self._connection.execute(query)]

    async def set_administrator(self, account_id: AccountId, is_administrator: bool) -> None:
        await self._set(account_id, is_administrator=is_administrator)

    async def set_suspension(self, account_id: AccountId, suspension: Suspension | None) -> None:
        await self._set(
            account_id,
            suspension_reason=None if suspension is None else suspension.reason,
            suspended_until=None if suspension is None else suspension.until,
        )

    async def _set(self, account_id: AccountId, **values: object) -> None:
        await self._connection.execute(
            update(_account).where(_account.c.account_id == account_id.uuid).values(**values)
        )

    async def password_hash(self, account_id: AccountId) -> str:
        found = await self._connection.execute(
            select(_account.c.password_hash).where(_account.c.account_id == account_id.uuid)
        )
        return str(found.scalar_one())

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        await self._set(account_id, password_hash=password_hash)


class PostgresLoginSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, login_session: LoginSession, *, keep_newest: int) -> None:
        account_id = login_session.account_id.uuid
        await self._connection.execute(
            insert(_login_session).values(
                account_id=account_id,
                token_hash=login_session.token_hash,
                key_id=login_session.key_id,
                created_at=login_session.created_at,
                expires_at=login_session.expires_at,
            )
        )
        surplus = (
            select(_login_session.c.token_hash)
            .where(_login_session.c.account_id == account_id)
            .order_by(_login_session.c.created_at.desc(), _login_session.c.token_hash)
            .offset(keep_newest)
        )
        await self._connection.execute(
            delete(_login_session).where(
                _login_session.c.account_id == account_id,
                or_(
                    _login_session.c.expires_at <= login_session.created_at,
                    _login_session.c.token_hash.in_(surplus),
                ),
            )
        )

    async def find(self, hashes: Sequence[tuple[str, bytes]]) -> tuple[LoginSession, Account] | None:
        found = await self._connection.execute(
            select(_account, *_LOGIN_SESSION_COLUMNS)
            .join(_login_session, _account.c.account_id == _login_session.c.account_id)
            .where(_is_among(hashes))
        )
        row = found.one_or_none()
        if row is None:
            return None
        account = _to_account(row)
        return (
            LoginSession(account.id, row.key_id, row.token_hash, row.opened_at, row.expires_at),
            account,
        )

    async def remove(self, hashes: Sequence[tuple[str, bytes]]) -> None:
        await self._connection.execute(delete(_login_session).where(_is_among(hashes)))


class PostgresAttempts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def count(self, keys: Sequence[bytes], now: datetime, window_s: int) -> list[tuple[int, datetime]]:
        oldest = now - timedelta(seconds=window_s)
        aged = (
            select(_attempt.c.key)
            .where(_attempt.c.window_started_at <= oldest, _attempt.c.key.not_in(keys))
            .limit(100)
            .with_for_update(skip_locked=True)
        )
        await self._connection.execute(delete(_attempt).where(_attempt.c.key.in_(aged)))
        over = _attempt.c.window_started_at <= oldest
        statement = insert(_attempt)
        counted: dict[bytes, tuple[int, datetime]] = {}
        for key in sorted(keys):  # one order of row locks for all
            row = (
                await self._connection.execute(
                    statement.values(key=key, tries=1, window_started_at=now)
                    .on_conflict_do_update(
                        index_elements=["key"],
                        set_={
                            "tries": case((over, literal(1)), else_=_attempt.c.tries + 1),
                            "window_started_at": case(
                                (over, literal(now, DateTime(timezone=True))),
                                else_=_attempt.c.window_started_at,
                            ),
                        },
                    )
                    .returning(_attempt.c.tries, _attempt.c.window_started_at)
                )
            ).one()
            counted[key] = (row.tries, row.window_started_at)
        return [counted[key] for key in keys]

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        for key in sorted(keys):
            if forget:
                await self._connection.execute(delete(_attempt).where(_attempt.c.key == key))
            else:
                await self._connection.execute(
                    update(_attempt)
                    .where(_attempt.c.key == key)
                    .values(tries=func.greatest(_attempt.c.tries - 1, 0))
                )


class PostgresAccountsUnitOfWork(PostgresTransaction):
    @property
    def accounts(self) -> PostgresAccounts:
        return PostgresAccounts(self.connection)

    @property
    def login_sessions(self) -> PostgresLoginSessions:
        return PostgresLoginSessions(self.connection)

    @property
    def audit_log(self) -> PostgresAuditLog:
        return PostgresAuditLog(self.connection)

    @property
    def attempts(self) -> PostgresAttempts:
        return PostgresAttempts(self.connection)


def _is_among(hashes: Sequence[tuple[str, bytes]]) -> ColumnElement[bool]:
    return tuple_(_login_session.c.key_id, _login_session.c.token_hash).in_(list(hashes))


def _to_account(row: Row[Any, Any, Any]) -> Account:
    suspension = None
    if row.suspension_reason is not None:
        suspension = Suspension(row.suspension_reason, row.suspended_until)
    return Account(
        AccountId(row.account_id), AccountName(row.name), row.created_at, row.is_administrator, suspension
    )
