"""A mail address is asked for, and confirmed by the link that was sent there."""

from __future__ import annotations

from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Invalid, NotFound
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.check_password import CheckPassword, require_unchanged
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import own_account
from livehouse.accounts.application.throttle import count_mail
from livehouse.accounts.contract import ANONYMOUS, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import (
    MailId,
    MailKind,
    OutgoingMail,
    could_be_one_time_token,
)

MAX_CONFIRMATIONS = 5  # of one account in a window


class AskForMail:
    """An account says where its mail goes. Nothing but `pending_mail` changes before the link is followed."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        check_password: CheckPassword,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
        *,
        sends_mail: bool = False,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._check_password = check_password
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._sends_mail = sends_mail

    async def change(self, actor: Actor, mail: str, password: str) -> None:
        """Also for the first address. The old one counts until the new one is confirmed.

        Raises `Unauthenticated`, `Forbidden` (wrong-password), `Invalid`, `RateLimited`.
        """
        await self._access.require(actor, Action.CHANGE_MAIL)
        address = MailAddress.parse(mail)
        password_hash = await self._check_password(actor.require_account(), password)
        await self._send(actor, address, password_hash)

    async def again(self, actor: Actor) -> None:
        """Raises `Unauthenticated`, `Conflict` (nothing-to-confirm), `RateLimited`, `Invalid`."""
        await self._access.require(actor, Action.REQUEST_CONFIRMATION)
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor)
        if account.pending_mail is None:
            raise Conflict("nothing-to-confirm", "There is no mail address that waits to be confirmed.")
        await self._send(actor, account.pending_mail)

    async def _send(self, actor: Actor, address: MailAddress, password_hash: str | None = None) -> None:
        """password_hash: what the password was compared with, where one was asked for."""
        if not self._sends_mail:
            raise Invalid("no-mail-here", "This server sends no mail.")
        mine = self._tokens.attempt_key("confirm", str(actor.require_account()))
        await count_mail(self._unit_of_work, self._clock, self._tokens, address, (mine, MAX_CONFIRMATIONS))
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor, for_update=True)
            if password_hash is not None:
                await require_unchanged(unit.accounts, account.id, password_hash)
            await unit.accounts.save(replace(account, pending_mail=address))
            await unit.mail_queue.add(
                OutgoingMail(MailId(self._ids.uuid()), MailKind.CONFIRM_MAIL, address, account.id, now, now)
            )


class ConfirmMail:
    """Whoever has the link may, signed in or not: it proves that they read what is sent to the address."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, tokens: LoginTokens, clock: Clock, ids: Ids
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._tokens = tokens
        self._clock = clock
        self._ids = ids

    async def __call__(self, token: str) -> Account:
        """Raises `NotFound` (link-void) for a link that is unknown, expired, used or overtaken by another."""
        await self._access.require(ANONYMOUS, Action.CONFIRM_MAIL)
        now = self._clock.now()
        if not could_be_one_time_token(token):
            raise link_void()
        async with self._unit_of_work() as unit:
            found = await unit.one_time_tokens.take(self._tokens.one_time_token_hashes(token))
            if found is None or found.mail is None or not found.counts(MailKind.CONFIRM_MAIL, now):
                raise link_void()
            account = await unit.accounts.by_id(found.account_id, for_update=True)
            if account is None or account.pending_mail != found.mail:
                raise link_void()
            if account.mail is not None and account.mail.folded != found.mail.folded:
                await unit.mail_queue.add(
                    OutgoingMail(
                        MailId(self._ids.uuid()), MailKind.MAIL_CHANGED, account.mail, account.id, now, now
                    )
                )
            confirmed = replace(account, mail=found.mail, pending_mail=None, is_confirmed=True)
            await unit.accounts.save(confirmed)
        return confirmed


def link_void() -> NotFound:
    return NotFound("link-void", "This link does not count any more. Have a new one sent.")
