"""What the accounts slice needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from cpc.eventbus.envelope import Outbox
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.login_session import LoginSession
from livehouse.accounts.domain.password import Password


class Accounts(Protocol):
    async def add(self, account: Account, password_hash: str) -> None:
        """Raises `Conflict` (slug `name-taken`)."""
        ...

    async def by_id(self, account_id: AccountId) -> Account | None: ...

    async def by_name(self, name: AccountName, *, for_update: bool = False) -> Account | None:
        """for_update: no other unit of work may change it until this one ends."""
        ...

    async def page(
        self, *, prefix: str, suspended_at: datetime | None, after: AccountName | None, limit: int
    ) -> Sequence[Account]:
        """By name. prefix: what names begin with. suspended_at: only those suspended at that time."""
        ...

    async def set_administrator(self, account_id: AccountId, is_administrator: bool) -> None: ...

    async def set_suspension(self, account_id: AccountId, suspension: Suspension | None) -> None: ...

    async def password_hash(self, account_id: AccountId) -> str: ...

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None: ...


class LoginSessions(Protocol):
    async def add(self, login_session: LoginSession, *, keep_newest: int) -> None:
        """Also removes the account's expired ones, and its oldest beyond `keep_newest`."""
        ...

    async def find(self, hashes: Sequence[tuple[str, bytes]]) -> tuple[LoginSession, Account] | None:
        """The one whose (key id, token hash) is among `hashes`."""
        ...

    async def remove(self, hashes: Sequence[tuple[str, bytes]]) -> None: ...


class AuditLog(Protocol):
    async def add(self, entry: AuditEntry) -> None:
        """The same entry again changes nothing."""
        ...

    async def page(self, *, before: AuditEntryId | None, limit: int) -> Sequence[AuditEntry]:
        """The newest first."""
        ...


class Attempts(Protocol):
    """Counts tries in windows. Keys are opaque bytes."""

    async def count(self, keys: Sequence[bytes], now: datetime, window_s: int) -> list[tuple[int, datetime]]:
        """Add one try to each key; per key the tries so far, this one too, and the start of its window."""
        ...

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        """Take one try off each key, or all of them."""
        ...


class UnitOfWork(Protocol):
    """Commits on a clean exit, rolls back on an exception."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def login_sessions(self) -> LoginSessions: ...

    @property
    def audit_log(self) -> AuditLog: ...

    @property
    def attempts(self) -> Attempts: ...

    @property
    def outbox(self) -> Outbox: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]


class PasswordHasher(Protocol):
    """Slow on purpose, so it works beside the event loop. Raises `Unavailable` when too many wait."""

    async def hash(self, password: Password) -> str: ...

    async def verify(self, password: Password, password_hash: str) -> bool: ...

    async def verify_nothing(self, password: Password) -> None:
        """Spend the time of a check, so that an unknown name cannot be told by the clock."""
        ...

    def needs_rehash(self, password_hash: str) -> bool: ...
