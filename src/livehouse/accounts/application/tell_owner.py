"""The owner of an account hears by mail what was done with it, and notices where it was somebody else."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.outgoing_mail import MailId, MailKind, OutgoingMail


async def tell_owner(unit: UnitOfWork, account: Account, kind: MailKind, clock: Clock, ids: Ids) -> None:
    """Nothing is sent where no address is confirmed."""
    if account.mail is not None:
        now = clock.now()
        await unit.mail_queue.add(OutgoingMail(MailId(ids.uuid()), kind, account.mail, account.id, now, now))


class TellOfChannelDeletion:
    """For the process that has a channel erased."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, owner_id: AccountId) -> None:
        async with self._unit_of_work() as unit:
            account = await unit.accounts.by_id(owner_id)
            if account is not None:
                await tell_owner(unit, account, MailKind.CHANNEL_DELETION, self._clock, self._ids)
