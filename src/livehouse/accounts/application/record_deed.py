"""Writes down what administrators did in other slices."""

from __future__ import annotations

from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AdministratorDeed
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId


class RecordDeed:
    """The `DeedLog` of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, deed: AdministratorDeed) -> None:
        entry = AuditEntry(
            id=AuditEntryId(deed.id),
            at=deed.at,
            by=deed.by,
            by_name=deed.by_name,
            what=deed.what,
            subject=deed.subject,
            subject_name=deed.subject_name,
            reason=deed.reason,
        )
        async with self._unit_of_work() as unit:
            await unit.audit_log.add(entry)
