"""What administrators read: people, and what administrators did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.cursors import cut_page, page_size, read_cursor, write_cursor
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import find_account
from livehouse.accounts.contract import AccountName, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId


@dataclass(frozen=True, slots=True)
class AccountPage:
    """next_cursor: give it back for the next page; None at the end."""

    accounts: Sequence[Account]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: Sequence[AuditEntry]
    next_cursor: str | None


class FindAccount:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, name: str) -> Account:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-account)."""
        await self._access.require(actor, Action.FIND_ACCOUNT)
        async with self._unit_of_work() as unit:
            return await find_account(unit.accounts, name)


class ListAccounts:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        *,
        prefix: str = "",
        suspended_only: bool = False,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AccountPage:
        """By name. Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor)."""
        await self._access.require(actor, Action.LIST_ACCOUNTS)
        after = read_cursor(cursor, "accounts", AccountName)
        limit = page_size(limit)
        suspended_at = self._clock.now() if suspended_only else None
        async with self._unit_of_work() as unit:
            found = await unit.accounts.page(
                prefix=prefix.lower(), suspended_at=suspended_at, after=after, limit=limit + 1
            )
        return AccountPage(*cut_page(found, limit, lambda last: write_cursor("accounts", last.name.value)))


class ReadAuditLog:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, *, cursor: str | None = None, limit: int = 50) -> AuditPage:
        """The newest first. Raises `Unauthenticated`, `Forbidden`, `Invalid` (malformed-cursor)."""
        await self._access.require(actor, Action.READ_AUDIT_LOG)
        before = read_cursor(cursor, "audit-log", AuditEntryId.parse)
        limit = page_size(limit)
        async with self._unit_of_work() as unit:
            found = await unit.audit_log.page(before=before, limit=limit + 1)
        return AuditPage(*cut_page(found, limit, lambda last: write_cursor("audit-log", str(last.id))))
