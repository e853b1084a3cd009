"""The operator makes somebody an administrator, or takes it away again."""

from __future__ import annotations

from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.access.contract import Scope
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import find_account
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId


class AppointAdministrator:
    """For the command line only: whoever may run commands on the node's machine may everything anyway."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, name: str, *, is_administrator: bool) -> Account:
        """A suspension ends with it, and personal access tokens for administration go: whoever made one was
        something else then. Doing it twice is fine. Raises `NotFound` (no-such-account).
        """
        async with self._unit_of_work() as unit:
            account = await find_account(unit.accounts, name, for_update=True)
            if account.is_administrator == is_administrator:
                return account
            account = replace(
                account,
                is_administrator=is_administrator,
                suspension=None if is_administrator else account.suspension,
            )
            await unit.accounts.save(account)
            for token in await unit.access_tokens.of_account(account.id):
                if Scope.ADMINISTRATION in token.scopes:
                    await unit.access_tokens.remove(account.id, token.id)
            await unit.audit_log.add(
                AuditEntry(
                    id=AuditEntryId(self._ids.uuid()),
                    at=self._clock.now(),
                    by=None,
                    by_name=None,
                    what="make_administrator" if is_administrator else "revoke_administrator",
                    subject=str(account.id),
                    subject_name=account.name.value,
                    reason="by the operator",
                )
            )
        return account
