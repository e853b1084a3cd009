"""The worker sends what waits in the queue, one mail after the other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unavailable
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import (
    Letters,
    Mailer,
    MailRefused,
    UnitOfWork,
    UnitOfWorkFactory,
)
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.outgoing_mail import (
    LIFETIMES,
    LINKS_KEPT,
    MailKind,
    OneTimeToken,
    OutgoingMail,
    new_one_time_token,
)

MAX_ACCOUNTS_OF_MAIL = 5
_LEASE = timedelta(minutes=3)  # longer than a server may take; after a crash it is sent once more


class SendMails:
    """A crash loses none: a mail leaves the queue when a server has taken it. It may come twice."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        letters: Letters,
        mailer: Mailer,
        tokens: LoginTokens,
        clock: Clock,
        refused: Callable[[OutgoingMail, str], None],
        random_token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """refused: told of a mail that is given up, and why."""
        self._unit_of_work = unit_of_work
        self._letters = letters
        self._mailer = mailer
        self._tokens = tokens
        self._clock = clock
        self._refused = refused
        self._random_token = random_token

    async def __call__(self) -> bool:
        """Try one; False when none is due."""
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            mail = await unit.mail_queue.take_due(now, now + _LEASE)
            if mail is None:
                return False
            concerned = [
                (account, await self._link(unit, mail, account)) for account in await _concerned(unit, mail)
            ]
        if concerned:
            try:
                await self._mailer.send(self._letters.write(mail, concerned))
            except Unavailable as error:
                await self._postpone(mail, error.detail)
                return True
            except MailRefused as error:
                self._refused(mail, str(error))
        async with self._unit_of_work() as unit:
            await unit.mail_queue.remove(mail.id)
        return True

    async def _link(self, unit: UnitOfWork, mail: OutgoingMail, account: Account) -> str | None:
        lifetime = LIFETIMES.get(mail.kind)
        if lifetime is None:
            return None
        token = new_one_time_token(self._random_token)
        key_id, token_hash = self._tokens.hash_one_time_token(token)
        await unit.one_time_tokens.add(
            OneTimeToken(
                account_id=account.id,
                key_id=key_id,
                token_hash=token_hash,
                kind=mail.kind,
                mail=mail.recipient,
                expires_at=self._clock.now() + lifetime,
            ),
            keep_newest=LINKS_KEPT,
        )
        return token

    async def _postpone(self, mail: OutgoingMail, why: str) -> None:
        postponed = mail.postponed(self._clock.now())
        async with self._unit_of_work() as unit:
            if postponed is None:
                self._refused(mail, why)
                await unit.mail_queue.remove(mail.id)
            else:
                await unit.mail_queue.postpone(postponed)


async def _concerned(unit: UnitOfWork, mail: OutgoingMail) -> Sequence[Account]:
    """Nobody, where the account is gone, stays after all or wants another address by now, or nobody has the
    address.
    """
    if mail.account_id is None:
        return await unit.accounts.by_mail(mail.recipient, MAX_ACCOUNTS_OF_MAIL)
    account = await unit.accounts.by_id(mail.account_id)
    if account is None:
        return []
    if mail.kind is MailKind.CONFIRM_MAIL and account.pending_mail != mail.recipient:
        return []
    if mail.kind is MailKind.ACCOUNT_DELETION and account.deletion_due_at is None:
        return []
    return [account]
