"""Accounts, blocks, mail that waits, counted tries and the audit log in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from cpc.images.image import ImageName
from cpc.kernel.errors import Conflict
from livehouse.accounts.application.ports import ShareOfRest
from livehouse.accounts.contract import AccountId, AccountName, PersonCard
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId
from livehouse.accounts.domain.likeness import skeleton, too_similar
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import MailId, OutgoingMail
from livehouse.accounts.testing.tables import Tables


class _Owned(Protocol):
    @property
    def account_id(self) -> AccountId: ...


_Token = TypeVar("_Token", bound=_Owned)


def _without(tokens: Mapping[bytes, _Token], account_id: AccountId) -> dict[bytes, _Token]:
    return {key: token for key, token in tokens.items() if token.account_id != account_id}


def _card(account: Account) -> PersonCard:
    return PersonCard(account.id, account.name, account.avatar, account.display_name)


class InMemoryAccounts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, account: Account, password_hash: str) -> None:
        self._claim(account, account.created_at)
        self._tables.accounts[account.id] = (account, password_hash)

    async def rename(self, account: Account, former_name: AccountName, kept_until: datetime) -> None:
        self._claim(account, account.renamed_at or account.created_at)
        await self.save(account)
        self._tables.retired_names.pop(account.name, None)
        self._tables.retired_names[former_name] = (kept_until, account.id)

    def _claim(self, account: Account, at: datetime) -> None:
        kept = {
            name
            for name, (until, kept_for) in self._tables.retired_names.items()
            if until > at and kept_for != account.id
        }
        names = kept | {other.name for other in self._all() if other.id != account.id}
        if account.name in names:
            raise Conflict("name-taken", f"The name '{account.name}' is taken. Choose another one.")
        shape = skeleton(account.name.value)
        if any(skeleton(name.value) == shape for name in names):
            raise too_similar(account.name)

    async def by_id(self, account_id: AccountId, *, for_update: bool = False) -> Account | None:
        found = self._tables.accounts.get(account_id)
        return None if found is None else found[0]

    async def by_name(self, name: AccountName, *, for_update: bool = False) -> Account | None:
        return next((account for account in self._all() if account.name == name), None)

    async def by_mail(self, mail: MailAddress, limit: int) -> Sequence[Account]:
        found = [one for one in self._all() if one.mail is not None and one.mail.folded == mail.folded]
        return sorted(found, key=lambda one: one.created_at, reverse=True)[:limit]

    async def page(
        self, *, prefix: str, suspended_at: datetime | None, after: AccountName | None, limit: int
    ) -> Sequence[Account]:
        return [
            account
            for account in sorted(self._all(), key=lambda one: one.name)
            if account.name.value.startswith(prefix)
            and (suspended_at is None or account.suspension_at(suspended_at) is not None)
            and (after is None or account.name > after)
        ][:limit]

    async def cards_of(self, account_ids: Collection[AccountId]) -> Mapping[AccountId, PersonCard]:
        found = [await self.by_id(account_id) for account_id in account_ids]
        return {account.id: _card(account) for account in found if account is not None}

    async def administrators(self) -> Sequence[AccountName]:
        return [account.name for account in self._all() if account.is_administrator]

    async def save(self, account: Account) -> None:
        if account.id in self._tables.accounts:
            self._tables.accounts[account.id] = (account, self._tables.accounts[account.id][1])

    async def avatars_among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        return frozenset(one.avatar for one in self._all() if one.avatar is not None and one.avatar in names)

    async def password_hash(self, account_id: AccountId) -> str:
        return self._tables.accounts[account_id][1]

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        self._tables.accounts[account_id] = (self._tables.accounts[account_id][0], password_hash)

    async def due_for_deletion(self, now: datetime) -> Account | None:
        due = [one for one in self._all() if one.deletion_due_at is not None and one.deletion_due_at <= now]
        return min(due, key=lambda one: one.deletion_due_at or now, default=None)

    async def erase(self, account: Account, name_kept_until: datetime) -> None:
        tables = self._tables
        del tables.accounts[account.id]
        tables.retired_names = {
            name: (until, None if kept_for == account.id else kept_for)
            for name, (until, kept_for) in tables.retired_names.items()
        }
        tables.retired_names[account.name] = (name_kept_until, None)
        tables.login_sessions = _without(tables.login_sessions, account.id)
        tables.access_tokens = _without(tables.access_tokens, account.id)
        tables.one_time_tokens = _without(tables.one_time_tokens, account.id)
        for mail in list(tables.mail_queue.values()):
            if mail.account_id == account.id:
                del tables.mail_queue[mail.id]
        for pair in [pair for pair in tables.blocks if account.id in pair]:
            del tables.blocks[pair]

    def _all(self) -> list[Account]:
        return [account for account, _ in self._tables.accounts.values()]


class InMemoryBlocks:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, account_id: AccountId, blocked_id: AccountId, at: datetime) -> None:
        self._tables.blocks.setdefault((account_id, blocked_id), at)

    async def remove(self, account_id: AccountId, blocked_id: AccountId) -> None:
        self._tables.blocks.pop((account_id, blocked_id), None)

    async def exists(self, account_id: AccountId, blocked_id: AccountId) -> bool:
        return (account_id, blocked_id) in self._tables.blocks

    async def count(self, account_id: AccountId) -> int:
        return sum(blocker == account_id for blocker, _ in self._tables.blocks)

    async def page(
        self, account_id: AccountId, *, after: AccountName | None, limit: int
    ) -> Sequence[tuple[PersonCard, datetime]]:
        mine = [
            (_card(self._tables.accounts[blocked][0]), at)
            for (blocker, blocked), at in self._tables.blocks.items()
            if blocker == account_id
        ]
        mine.sort(key=lambda one: one[0].name)
        return [(card, at) for card, at in mine if after is None or card.name > after][:limit]


class InMemoryMailQueue:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, mail: OutgoingMail) -> None:
        self._tables.mail_queue[mail.id] = mail

    async def take_due(self, now: datetime, lease_until: datetime) -> OutgoingMail | None:
        due = [mail for mail in self._tables.mail_queue.values() if mail.due_at <= now]
        if not due:
            return None
        taken = replace(min(due, key=lambda mail: mail.due_at), due_at=lease_until)
        self._tables.mail_queue[taken.id] = taken
        return taken

    async def postpone(self, mail: OutgoingMail) -> None:
        if mail.id in self._tables.mail_queue:
            self._tables.mail_queue[mail.id] = mail

    async def remove(self, mail_id: MailId) -> None:
        self._tables.mail_queue.pop(mail_id, None)


class InMemoryAuditLog:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, entry: AuditEntry) -> None:
        self._tables.audit_log.setdefault(entry.id, entry)

    async def page(
        self, *, before: AuditEntryId | None, limit: int, subject: str | None = None
    ) -> Sequence[AuditEntry]:
        wanted = [one for one in self._tables.audit_log.values() if subject in (None, one.subject)]
        newest_first = sorted(wanted, key=lambda entry: entry.id, reverse=True)
        return [entry for entry in newest_first if before is None or entry.id < before][:limit]


class InMemoryAttempts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def count(
        self,
        limits: Sequence[tuple[bytes, int]],
        now: datetime,
        window_s: int,
        share: ShareOfRest | None = None,
    ) -> datetime | None:
        for key, limit in limits:
            tries, started_at = self._counted(key, now, window_s)
            if tries > limit:
                return started_at
            if share is not None and share.of == key and tries > share.after:
                tries, started_at = self._counted(share.key, now, window_s)
                if tries > share.most:
                    return started_at
        return None

    def _counted(self, key: bytes, now: datetime, window_s: int) -> tuple[int, datetime]:
        tries, started_at = self._tables.attempts.get(key, (0, now))
        if started_at <= now - timedelta(seconds=window_s):
            tries, started_at = 0, now
        self._tables.attempts[key] = (tries + 1, started_at)
        return tries + 1, started_at

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        for key in keys:
            if forget:
                self._tables.attempts.pop(key, None)
            elif key in self._tables.attempts:
                tries, started_at = self._tables.attempts[key]
                self._tables.attempts[key] = (max(tries - 1, 0), started_at)
