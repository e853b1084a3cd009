"""Accounts in PostgreSQL, schema `accounts`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.errors import Conflict
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import LoginSession

_metadata = MetaData(schema="accounts")

_account = Table(
    "account",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

_login_session = Table(
    "login_session",
    _metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

_attempt = Table(
    "attempt",
    _metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("window_started_at", DateTime(timezone=True), nullable=False),
)

_ACCOUNT_COLUMNS = (_account.c.account_id, _account.c.name, _account.c.created_at)


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
            select(*_ACCOUNT_COLUMNS).where(_account.c.account_id == account_id.uuid)
        )
        row = found.one_or_none()
        return None if row is None else _to_account(row)

    async def by_name(self, name: AccountName) -> Account | None:
        found = await self._connection.execute(select(*_ACCOUNT_COLUMNS).where(_account.c.name == name.value))
        row = found.one_or_none()
        return None if row is None else _to_account(row)

    async def password_hash(self, account_id: AccountId) -> str:
        found = await self._connection.execute(
            select(_account.c.password_hash).where(_account.c.account_id == account_id.uuid)
        )
        return str(found.scalar_one())

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        await self._connection.execute(
            update(_account)
            .where(_account.c.account_id == account_id.uuid)
            .values(password_hash=password_hash)
        )


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
            select(_login_session, _account.c.name, _account.c.created_at.label("account_created_at"))
            .join(_account, _account.c.account_id == _login_session.c.account_id)
            .where(_is_among(hashes))
        )
        row = found.one_or_none()
        if row is None:
            return None
        account_id = AccountId(row.account_id)
        return (
            LoginSession(account_id, row.key_id, row.token_hash, row.created_at, row.expires_at),
            Account(account_id, AccountName(row.name), row.account_created_at),
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
    def attempts(self) -> PostgresAttempts:
        return PostgresAttempts(self.connection)


def _is_among(hashes: Sequence[tuple[str, bytes]]) -> ColumnElement[bool]:
    return tuple_(_login_session.c.key_id, _login_session.c.token_hash).in_(list(hashes))


def _to_account(row: Row[Any, Any, Any]) -> Account:
    return Account(AccountId(row.account_id), AccountName(row.name), row.created_at)
