"""In-memory accounts for tests of other parts; they pass the same suite as the PostgreSQL ones."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from cpc.eventbus.envelope import CloudEvent, Outbox
from cpc.eventbus.testing import RecordingOutbox
from cpc.kernel.errors import Conflict, NotFound
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId, AccountName, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.login_session import LoginSession
from livehouse.accounts.domain.password import Password


@dataclass(slots=True)
class _Tables:
    accounts: dict[AccountId, tuple[Account, str]] = field(default_factory=dict)
    login_sessions: dict[bytes, LoginSession] = field(default_factory=dict)
    attempts: dict[bytes, tuple[int, datetime]] = field(default_factory=dict)
    audit_log: dict[AuditEntryId, AuditEntry] = field(default_factory=dict)
    events: list[CloudEvent] = field(default_factory=list)

    def copy(self) -> _Tables:
        return _Tables(*(copy(getattr(self, table.name)) for table in fields(self)))


class InMemoryAccounts:
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, account: Account, password_hash: str) -> None:
        if await self.by_name(account.name) is not None:
            raise Conflict("name-taken", f"The name '{account.name}' is taken. Choose another one.")
        self._tables.accounts[account.id] = (account, password_hash)

    async def by_id(self, account_id: AccountId) -> Account | None:
        found = self._tables.accounts.get(account_id)
        return None if found is None else found[0]

    async def by_name(self, name: AccountName, *, for_update: bool = False) -> Account | None:
        return next((account for account, _ in self._tables.accounts.values() if account.name == name), None)

    async def page(
        self, *, prefix: str, suspended_at: datetime | None, after: AccountName | None, limit: int
    ) -> Sequence[Account]:
        named = sorted((account for account, _ in self._tables.accounts.values()), key=lambda one: one.name)
        return [
            account
            for account in named
            if account.name.value.startswith(prefix)
            and (suspended_at is None or account.suspension_at(suspended_at) is not None)
            and (after is None or account.name > after)
        ][:limit]

    async def set_administrator(self, account_id: AccountId, is_administrator: bool) -> None:
        account, password_hash = self._tables.accounts[account_id]
        changed = replace(account, is_administrator=is_administrator)
        self._tables.accounts[account_id] = (changed, password_hash)

    async def set_suspension(self, account_id: AccountId, suspension: Suspension | None) -> None:
        account, password_hash = self._tables.accounts[account_id]
        self._tables.accounts[account_id] = (replace(account, suspension=suspension), password_hash)

    async def password_hash(self, account_id: AccountId) -> str:
        return self._tables.accounts[account_id][1]

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        account, _ = self._tables.accounts[account_id]
        self._tables.accounts[account_id] = (account, password_hash)


class InMemoryLoginSessions:
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, login_session: LoginSession, *, keep_newest: int) -> None:
        self._tables.login_sessions[login_session.token_hash] = login_session
        of_account = [
            other
            for other in self._tables.login_sessions.values()
            if other.account_id == login_session.account_id
        ]
        of_account.sort(key=lambda other: other.created_at, reverse=True)
        for place, other in enumerate(of_account):
            if place >= keep_newest or other.expires_at <= login_session.created_at:
                del self._tables.login_sessions[other.token_hash]

    async def find(self, hashes: Sequence[tuple[str, bytes]]) -> tuple[LoginSession, Account] | None:
        for key_id, token_hash in hashes:
            found = self._tables.login_sessions.get(token_hash)
            if found is not None and found.key_id == key_id:
                return replace(found), self._tables.accounts[found.account_id][0]
        return None

    async def remove(self, hashes: Sequence[tuple[str, bytes]]) -> None:
        for key_id, token_hash in hashes:
            found = self._tables.login_sessions.get(token_hash)
            if found is not None and found.key_id == key_id:
                del self._tables.login_sessions[token_hash]


class InMemoryAuditLog:
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, entry: AuditEntry) -> None:
        self._tables.audit_log.setdefault(entry.id, entry)

    async def page(self, *, before: AuditEntryId | None, limit: int) -> Sequence[AuditEntry]:
        newest_first = sorted(self._tables.audit_log.values(), key=lambda entry: entry.id, reverse=True)
        return [entry for entry in newest_first if before is None or entry.id < before][:limit]


class InMemoryAttempts:
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def count(self, keys: Sequence[bytes], now: datetime, window_s: int) -> list[tuple[int, datetime]]:
        counts: list[tuple[int, datetime]] = []
        for key in keys:
            tries, started_at = self._tables.attempts.get(key, (0, now))
            if started_at <= now - timedelta(seconds=window_s):
                tries, started_at = 0, now
            self._tables.attempts[key] = (tries + 1, started_at)
            counts.append((tries + 1, started_at))
        return counts

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        for key in keys:
            if forget:
                self._tables.attempts.pop(key, None)
            elif key in self._tables.attempts:
                tries, started_at = self._tables.attempts[key]
                self._tables.attempts[key] = (max(tries - 1, 0), started_at)


class InMemoryAccountsDatabase:
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted. `events` are the published ones."""

    def __init__(self) -> None:
        self._tables = _Tables()

    @property
    def events(self) -> list[CloudEvent]:
        return self._tables.events

    def unit_of_work(self) -> InMemoryAccountsUnitOfWork:
        return InMemoryAccountsUnitOfWork(self)


class InMemoryAccountsUnitOfWork:
    def __init__(self, database: InMemoryAccountsDatabase) -> None:
        self._database = database
        self._tables = database._tables.copy()
        self._outbox = RecordingOutbox(self._tables.events)

    @property
    def accounts(self) -> InMemoryAccounts:
        return InMemoryAccounts(self._tables)

    @property
    def login_sessions(self) -> InMemoryLoginSessions:
        return InMemoryLoginSessions(self._tables)

    @property
    def audit_log(self) -> InMemoryAuditLog:
        return InMemoryAuditLog(self._tables)

    @property
    def attempts(self) -> InMemoryAttempts:
        return InMemoryAttempts(self._tables)

    @property
    def outbox(self) -> Outbox:
        return self._outbox

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._database._tables = self._tables


class FakePasswordHasher:
    """Quick and readable; `verified` counts checks, those of unknown names included."""

    def __init__(self) -> None:
        self.verified = 0

    async def hash(self, password: Password) -> str:
        return f"fake${password.text}"

    async def verify(self, password: Password, password_hash: str) -> bool:
        self.verified += 1
        return password_hash.partition("$")[2] == password.text

    async def verify_nothing(self, password: Password) -> None:
        self.verified += 1

    def needs_rehash(self, password_hash: str) -> bool:
        return not password_hash.startswith("fake$")


class FakePeople:
    """The `People` facade over a list."""

    def __init__(self, *actors: Actor) -> None:
        self._actors = {actor.account_id: actor for actor in actors}

    async def actor(self, account_id: AccountId) -> Actor:
        if account_id not in self._actors:
            raise NotFound("no-such-account", "There is no such account.")
        return self._actors[account_id]
