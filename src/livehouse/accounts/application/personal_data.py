"""What accounts keep of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from cpc.kernel.ids import EntityId
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName, ExportedFile
from livehouse.accounts.domain.administration import AuditEntryId

_AT_ONCE = 500

Record = Mapping[str, object]


class AccountsPersonalData:
    """The `PersonalData` of this slice. Hashes of passwords and tokens stay here."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work
        self._deeds = FindDeeds(unit_of_work)

    def of(self, account_id: AccountId) -> Sequence[ExportedFile]:
        return [
            ExportedFile("account", self._account(account_id)),
            ExportedFile("logins", self._logins(account_id)),
            ExportedFile("access_tokens", self._access_tokens(account_id)),
            ExportedFile("blocks", self._blocks(account_id)),
            ExportedFile("audit_log", self._deeds.about(account_id)),
        ]

    async def _account(self, account_id: AccountId) -> AsyncIterator[Record]:
        async with self._unit_of_work() as unit:
            account = await unit.accounts.by_id(account_id)
        if account is None:
            return
        suspension = account.suspension
        yield {
            "id": str(account.id),
            "name": account.name.value,
            "created_at": account.created_at.isoformat(),
            "mail": None if account.mail is None else account.mail.value,
            "pending_mail": None if account.pending_mail is None else account.pending_mail.value,
            "renamed_at": None if account.renamed_at is None else account.renamed_at.isoformat(),
            "display_name": account.display_name,
            "bio": account.bio,
            "locale": account.locale,
            "avatar": account.avatar,
            "is_administrator": account.is_administrator,
            "suspension": None
            if suspension is None
            else {
                "reason": suspension.reason,
                "until": None if suspension.until is None else suspension.until.isoformat(),
            },
            "deletion_due_at": None
            if account.deletion_due_at is None
            else account.deletion_due_at.isoformat(),
        }

    async def _logins(self, account_id: AccountId) -> AsyncIterator[Record]:
        async with self._unit_of_work() as unit:
            found = await unit.login_sessions.of_account(account_id)
        for one in found:
            yield {
                "id": str(one.id),
                "program": one.program,
                "created_at": one.created_at.isoformat(),
                "last_used_at": one.last_used_at.isoformat(),
                "expires_at": one.expires_at.isoformat(),
            }

    async def _access_tokens(self, account_id: AccountId) -> AsyncIterator[Record]:
        async with self._unit_of_work() as unit:
            found = await unit.access_tokens.of_account(account_id)
        for one in found:
            yield {
                "id": str(one.id),
                "name": one.name,
                "scopes": sorted(one.scopes),
                "created_at": one.created_at.isoformat(),
                "expires_at": None if one.expires_at is None else one.expires_at.isoformat(),
                "last_used_at": None if one.last_used_at is None else one.last_used_at.isoformat(),
            }

    async def _blocks(self, account_id: AccountId) -> AsyncIterator[Record]:
        after: AccountName | None = None
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.blocks.page(account_id, after=after, limit=_AT_ONCE)
            for person, at in found:
                yield {"name": person.name.value, "blocked_at": at.isoformat()}
            if len(found) < _AT_ONCE:
                return
            after = found[-1][0].name


class FindDeeds:
    """The `DeedHistory` facade of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def about(self, subject: EntityId) -> AsyncIterator[Record]:
        before: AuditEntryId | None = None
        while True:
            async with self._unit_of_work() as unit:
                found = await unit.audit_log.page(before=before, limit=_AT_ONCE, subject=str(subject))
            for entry in found:
                yield {
                    "at": entry.at.isoformat(),
                    "what": entry.what,
                    "name": entry.subject_name,
                    "reason": entry.reason,
                }
            if len(found) < _AT_ONCE:
                return
            before = found[-1].id
