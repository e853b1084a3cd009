"""Somebody leaves: after a grace in which they may think again, the account is erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.check_password import CheckPassword, require_unchanged
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import own_account
from livehouse.accounts.application.tell_owner import tell_owner
from livehouse.accounts.contract import AccountErased, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.outgoing_mail import MailKind

NAME_KEPT = timedelta(days=180)
"""So long nobody else gets the name of an erased account: links and habits outlive it."""


class RequestDeletion:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        check_password: CheckPassword,
        clock: Clock,
        ids: Ids,
        grace: timedelta,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._check_password = check_password
        self._clock = clock
        self._ids = ids
        self._grace = grace

    async def __call__(self, actor: Actor, password: str) -> Account:
        """The account works until then, also to cancel. Asking twice does not put it off. Its owner is told.

        Raises `Unauthenticated`, `Forbidden` (wrong-password), `RateLimited`, `Conflict` (is-administrator).
        """
        await self._access.require(actor, Action.REQUEST_DELETION)
        password_hash = await self._check_password(actor.require_account(), password)
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor, for_update=True)
            await require_unchanged(unit.accounts, account.id, password_hash)
            if account.is_administrator:
                raise Conflict("is-administrator", "The operator takes the administrator's role away first.")
            if account.deletion_due_at is None:
                account = replace(account, deletion_due_at=self._clock.now() + self._grace)
                await unit.accounts.save(account)
                await tell_owner(unit, account, MailKind.ACCOUNT_DELETION, self._clock, self._ids)
        return account


class CancelDeletion:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor) -> None:
        """Doing it twice is fine. Raises `Unauthenticated`, `Forbidden`."""
        await self._access.require(actor, Action.CANCEL_DELETION)
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor, for_update=True)
            await unit.accounts.save(replace(account, deletion_due_at=None))


class EraseDueAccounts:
    """A duty of the worker. What other slices keep of somebody goes when they hear `AccountErased`."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self) -> bool:
        """Erase one; False when none is due."""
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            account = await unit.accounts.due_for_deletion(now)
            if account is None:
                return False
            await unit.accounts.erase(account, now + NAME_KEPT)
            if account.avatar is not None:
                await unit.images_in_doubt.add(account.avatar, now)
            erased = AccountErased(account.id, account.name, now)
            unit.outbox.publish(erased.to_cloud_event(event_id=self._ids.uuid(), time=now))
        return True
