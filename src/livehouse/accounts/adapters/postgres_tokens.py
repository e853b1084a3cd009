"""Login sessions, personal access tokens and one-time tokens in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, or_, select, true, tuple_, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres_reads import PreparedRead
from livehouse.access.contract import Scope
from livehouse.accounts.adapters import postgres_tables as tables
from livehouse.accounts.adapters.postgres_accounts import ACCOUNT_READ, to_account
from livehouse.accounts.application.ports import Hashes
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import LoginSession, LoginSessionId
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import MailKind, OneTimeToken
from livehouse.accounts.domain.personal_access_token import PersonalAccessToken, PersonalAccessTokenId

_account, _session, _access_token = tables.account, tables.login_session, tables.access_token
_one_time = tables.one_time_token


def _prefixed(table: Any) -> list[ColumnElement[Any]]:
    """All but the account's id, under names that do not meet those of the account's own columns."""
    return [column.label(f"token_{column.name}") for column in table.c if column.name != "account_id"]


def _with_account(table: Any) -> PreparedRead:
    """Whose token has a hash."""
    return PreparedRead(
        select(*ACCOUNT_READ, *_prefixed(table))
        .join_from(_account, table, _account.c.account_id == table.c.account_id)
        .where(table.c.token_hash == bindparam("token_hash"), table.c.key_id == bindparam("key_id"))
    )


async def _found(read: PreparedRead, connection: AsyncConnection, hashes: Hashes) -> Any:
    # One after the other: nearly every token's is the first, of the key that is in use.
    for key_id, token_hash in hashes:
        row = await read.row(connection, key_id=key_id, token_hash=token_hash)
        if row is not None:
            return row
    return None


def _is_among(table: Any, hashes: Hashes) -> ColumnElement[bool]:
    return tuple_(table.c.key_id, table.c.token_hash).in_(list(hashes))


_SESSION_WITH_ACCOUNT = _with_account(_session)
_ACCESS_TOKEN_WITH_ACCOUNT = _with_account(_access_token)


class PostgresLoginSessions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, login_session: LoginSession, *, keep_newest: int) -> None:
        account_id = login_session.account_id.uuid
        await self._connection.execute(
            plain_insert(_session).values(
                account_id=account_id,
                token_hash=login_session.token_hash,
                key_id=login_session.key_id,
                created_at=login_session.created_at,
                expires_at=login_session.expires_at,
                session_id=login_session.id.uuid,
                last_used_at=login_session.last_used_at,
                program=login_session.program,
            )
        )
        surplus = (
            select(_session.c.token_hash)
            .where(_session.c.account_id == account_id)
            .order_by(_session.c.created_at.desc(), _session.c.token_hash)
            .offset(keep_newest)
        )
        await self._connection.execute(
            delete(_session).where(
                _session.c.account_id == account_id,
                or_(
                    _session.c.expires_at <= login_session.created_at,
                    _session.c.token_hash.in_(surplus),
                ),
            )
        )

    async def find(self, hashes: Hashes) -> tuple[LoginSession, Account] | None:
        row = await _found(_SESSION_WITH_ACCOUNT, self._connection, hashes)
        return None if row is None else (_to_session(row), to_account(row))

    async def of_account(self, account_id: AccountId) -> Sequence[LoginSession]:
        found = await self._connection.execute(
            select(*_prefixed(_session), _session.c.account_id)
            .where(_session.c.account_id == account_id.uuid)
            .order_by(_session.c.last_used_at.desc(), _session.c.created_at.desc())
        )
        return [_to_session(row) for row in found]

    async def note_use(self, login_session: LoginSession, at: datetime) -> None:
        await self._connection.execute(
            update(_session)
            .where(
                _session.c.account_id == login_session.account_id.uuid,
                _session.c.token_hash == login_session.token_hash,
            )
            .values(last_used_at=at)
        )

    async def remove(self, hashes: Hashes) -> None:
        await self._connection.execute(delete(_session).where(_is_among(_session, hashes)))

    async def remove_one(self, account_id: AccountId, session_id: LoginSessionId) -> bool:
        gone = await self._connection.execute(
            delete(_session)
            .where(_session.c.account_id == account_id.uuid, _session.c.session_id == session_id.uuid)
            .returning(_session.c.session_id)
        )
        return gone.one_or_none() is not None

    async def remove_others(self, account_id: AccountId, but: Hashes) -> int:
        others = ~_is_among(_session, but) if but else true()
        gone = await self._connection.execute(
            delete(_session)
            .where(and_(_session.c.account_id == account_id.uuid, others))
            .returning(_session.c.session_id)
        )
        return len(gone.all())


class PostgresAccessTokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, token: PersonalAccessToken) -> None:
        await self._connection.execute(
            plain_insert(_access_token).values(
                account_id=token.account_id.uuid,
                token_id=token.id.uuid,
                name=token.name,
                scopes=sorted(scope.value for scope in token.scopes),
                key_id=token.key_id,
                token_hash=token.token_hash,
                created_at=token.created_at,
                expires_at=token.expires_at,
                last_used_at=token.last_used_at,
            )
        )

    async def find(self, hashes: Hashes) -> tuple[PersonalAccessToken, Account] | None:
        row = await _found(_ACCESS_TOKEN_WITH_ACCOUNT, self._connection, hashes)
        return None if row is None else (_to_access_token(row), to_account(row))

    async def of_account(self, account_id: AccountId) -> Sequence[PersonalAccessToken]:
        found = await self._connection.execute(
            select(*_prefixed(_access_token), _access_token.c.account_id)
            .where(_access_token.c.account_id == account_id.uuid)
            .order_by(_access_token.c.created_at, _access_token.c.token_id)
        )
        return [_to_access_token(row) for row in found]

    async def note_use(self, token: PersonalAccessToken, at: datetime) -> None:
        await self._connection.execute(
            update(_access_token)
            .where(
                _access_token.c.account_id == token.account_id.uuid, _access_token.c.token_id == token.id.uuid
            )
            .values(last_used_at=at)
        )

    async def remove(self, account_id: AccountId, token_id: PersonalAccessTokenId) -> bool:
        gone = await self._connection.execute(
            delete(_access_token)
            .where(_access_token.c.account_id == account_id.uuid, _access_token.c.token_id == token_id.uuid)
            .returning(_access_token.c.token_id)
        )
        return gone.one_or_none() is not None

    async def remove_all(self, account_id: AccountId) -> None:
        await self._connection.execute(
            delete(_access_token).where(_access_token.c.account_id == account_id.uuid)
        )


class PostgresOneTimeTokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, token: OneTimeToken, *, keep_newest: int) -> None:
        account_id = token.account_id.uuid
        await self._connection.execute(
            plain_insert(_one_time).values(
                account_id=account_id,
                token_hash=token.token_hash,
                key_id=token.key_id,
                kind=token.kind.value,
                mail="" if token.mail is None else token.mail.value,
                expires_at=token.expires_at,
            )
        )
        same = (_one_time.c.account_id == account_id, _one_time.c.kind == token.kind.value)
        surplus = (
            select(_one_time.c.token_hash)
            .where(*same, _one_time.c.token_hash != token.token_hash)
            .order_by(_one_time.c.expires_at.desc(), _one_time.c.token_hash)
            .offset(keep_newest - 1)
        )
        await self._connection.execute(delete(_one_time).where(*same, _one_time.c.token_hash.in_(surplus)))

    async def find(self, hashes: Hashes) -> OneTimeToken | None:
        found = await self._connection.execute(select(*_one_time.c).where(_is_among(_one_time, hashes)))
        row = found.one_or_none()
        return None if row is None else _to_one_time_token(row)

    async def take(self, hashes: Hashes) -> OneTimeToken | None:
        taken = await self._connection.execute(
            delete(_one_time).where(_is_among(_one_time, hashes)).returning(*_one_time.c)
        )
        row = taken.one_or_none()
        return None if row is None else _to_one_time_token(row)

    async def remove_all(self, account_id: AccountId, kind: MailKind) -> None:
        await self._connection.execute(
            delete(_one_time).where(_one_time.c.account_id == account_id.uuid, _one_time.c.kind == kind.value)
        )


def _to_one_time_token(row: Any) -> OneTimeToken:
    return OneTimeToken(
        account_id=AccountId(row.account_id),
        key_id=row.key_id,
        token_hash=row.token_hash,
        kind=MailKind(row.kind),
        mail=MailAddress(row.mail) if row.mail else None,
        expires_at=row.expires_at,
    )


def _to_session(row: Any) -> LoginSession:
    return LoginSession(
        id=LoginSessionId(row.token_session_id),
        account_id=AccountId(row.account_id),
        key_id=row.token_key_id,
        token_hash=row.token_token_hash,
        created_at=row.token_created_at,
        expires_at=row.token_expires_at,
        last_used_at=row.token_last_used_at,
        program=row.token_program,
    )


def _to_access_token(row: Any) -> PersonalAccessToken:
    # A scope that a later version knew, and this one does not, allows nothing here.
    known = {scope.value for scope in Scope}
    return PersonalAccessToken(
        id=PersonalAccessTokenId(row.token_token_id),
        account_id=AccountId(row.account_id),
        name=row.token_name,
        scopes=frozenset(Scope(scope) for scope in row.token_scopes if scope in known),
        key_id=row.token_key_id,
        token_hash=row.token_token_hash,
        created_at=row.token_created_at,
        expires_at=row.token_expires_at,
        last_used_at=row.token_last_used_at,
    )
