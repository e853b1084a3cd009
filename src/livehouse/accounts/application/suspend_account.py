"""An administrator suspends an account, or lets it act again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action, valid_reason
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import find_account
from livehouse.accounts.contract import AccountReinstated, AccountSuspended, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.administration import AuditEntry, AuditEntryId, new_suspension


class SuspendAccount:
    """Whoever is suspended may still sign in and read why. What they broadcast ends, and nobody sees their
    channel (`AccountSuspended`)."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, *, reason: str, until: datetime | None) -> Account:
        """until: None for good. A second one replaces the first.

        Raises `Unauthenticated`, `Forbidden`, `NotFound`, `Invalid`, `Conflict` (is-administrator).
        """
        await self._access.require(actor, Action.SUSPEND_ACCOUNT)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            account = await find_account(unit.accounts, name, for_update=True)
            suspension = new_suspension(account, reason, until, now)
            suspended_account = replace(account, suspension=suspension)
            await unit.accounts.save(suspended_account)
            await unit.audit_log.add(
                AuditEntry(
                    id=AuditEntryId(self._ids.uuid()),
                    at=now,
                    by=actor.account_id,
                    by_name=actor.name,
                    what="suspend_account",
                    subject=str(account.id),
                    subject_name=account.name.value,
                    reason=suspension.reason,
                )
            )
            suspended = AccountSuspended(account.id, account.name, now, until)
            unit.outbox.publish(suspended.to_cloud_event(event_id=self._ids.uuid(), time=now))
        return suspended_account


class LiftSuspension:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, *, reason: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no-such-account, not-suspended), `Invalid`."""
        await self._access.require(actor, Action.LIFT_SUSPENSION)
        reason = valid_reason(reason)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            account = await find_account(unit.accounts, name, for_update=True)
            if account.suspension_at(now) is None:
                raise NotFound("not-suspended", f"'{account.name}' is not suspended.")
            await unit.accounts.save(replace(account, suspension=None))
            await unit.audit_log.add(
                AuditEntry(
                    id=AuditEntryId(self._ids.uuid()),
                    at=now,
                    by=actor.account_id,
                    by_name=actor.name,
                    what="lift_suspension",
                    subject=str(account.id),
                    subject_name=account.name.value,
                    reason=reason,
                )
            )
            reinstated = AccountReinstated(account.id, account.name, now)
            unit.outbox.publish(reinstated.to_cloud_event(event_id=self._ids.uuid(), time=now))
