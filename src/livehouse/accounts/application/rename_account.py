"""An account takes another name, and the name it had is kept for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, NotFound, RateLimited
from cpc.kernel.ids import Ids
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.tell_owner import tell_owner
from livehouse.accounts.contract import FORMER_NAME_KEPT, AccountId, AccountName, AccountRenamed
from livehouse.accounts.domain.likeness import check_likeness
from livehouse.accounts.domain.outgoing_mail import MailKind

RENAMED_EVERY = timedelta(days=14)


class RenameAccount:
    """For the process that renames a channel, which has asked already whether it may be."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, account_id: AccountId, new_name: str) -> AccountRenamed:
        """What was published; the owner is told by mail. Of two who want a name at once one gets it.

        Raises `NotFound` (no-such-account), `Invalid` (malformed-name, reserved-name, same-name), `Conflict`
        (name-taken, name-too-similar), `RateLimited` (renamed-lately).
        """
        name = AccountName.parse_new(new_name)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            account = await unit.accounts.by_id(account_id, for_update=True)
            if account is None:
                raise NotFound("no-such-account", "There is no such account.")
            if name == account.name:
                raise Invalid("same-name", f"It is called '{name}' already.")
            if account.renamed_at is not None and now < account.renamed_at + RENAMED_EVERY:
                wait = account.renamed_at + RENAMED_EVERY - now
                raise RateLimited(
                    "renamed-lately",
                    f"A name may change once in {RENAMED_EVERY.days} days. "
                    f"Yours may again on {now + wait:%Y-%m-%d %H:%M} UTC.",
                    retry_after_s=wait.total_seconds(),
                )
            others = [one for one in await unit.accounts.administrators() if one != account.name]
            check_likeness(name, others)
            # The letters that somebody likes for a name are those of that name.
            renamed = replace(
                account, name=name, display_name="" if new_name == name.value else new_name, renamed_at=now
            )
            await unit.accounts.rename(renamed, account.name, now + FORMER_NAME_KEPT)
            await tell_owner(unit, renamed, MailKind.RENAMED, self._clock, self._ids)
            event = AccountRenamed(account.id, name, account.name, now)
            unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=now))
        return event
