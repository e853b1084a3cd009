"""Who forgot the password sets a new one by a link; who knows it, by the old one."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.check_password import CheckPassword, require_unchanged
from livehouse.accounts.application.confirm_mail import link_void
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import PasswordHasher, UnitOfWork, UnitOfWorkFactory
from livehouse.accounts.application.queries import own_account
from livehouse.accounts.application.tell_owner import tell_owner
from livehouse.accounts.application.throttle import count_mail, count_try
from livehouse.accounts.contract import ANONYMOUS, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import (
    MailId,
    MailKind,
    OneTimeToken,
    OutgoingMail,
    could_be_one_time_token,
)
from livehouse.accounts.domain.password import Password

MAX_RESETS_OF_ADDRESS = 20
MAX_LINKS_OF_ADDRESS = 30  # tried in a window; a class room shares one address


class RequestPasswordReset:
    """The same answer after the same work, whether anybody has that address or not: whose it is, is looked
    up when the mail is sent.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
        *,
        sends_mail: bool = False,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._sends_mail = sends_mail

    async def __call__(self, mail: str, *, address: str) -> None:
        """address: where the visitor comes from. Raises `Invalid`, `RateLimited` (too-many-mails)."""
        await self._access.require(ANONYMOUS, Action.REQUEST_PASSWORD_RESET)
        if not self._sends_mail:
            raise Invalid("no-mail-here", "This server sends no mail. Ask whoever runs it for a link.")
        recipient = MailAddress.parse(mail)
        theirs = self._tokens.attempt_key("reset", address)
        await count_mail(
            self._unit_of_work, self._clock, self._tokens, recipient, (theirs, MAX_RESETS_OF_ADDRESS)
        )
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            await unit.mail_queue.add(
                OutgoingMail(MailId(self._ids.uuid()), MailKind.RESET_PASSWORD, recipient, None, now, now)
            )


class ResetPassword:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        hasher: PasswordHasher,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._ids = ids

    async def __call__(self, token: str, password: str, *, address: str) -> str:
        """All logins and personal access tokens of the account end: whoever had stolen one is out.

        address: where the visitor comes from. Returns a device token for the browser, by which its owner
        gets in at once though others guessed at the name.
        Raises `NotFound` (link-void), `Invalid` (weak-password, and the link still counts), `RateLimited`.
        """
        await self._access.require(ANONYMOUS, Action.RESET_PASSWORD)
        if not could_be_one_time_token(token):
            raise link_void()
        link_key = self._tokens.attempt_key("link", address)
        await count_try(
            self._unit_of_work,
            self._clock,
            [(link_key, MAX_LINKS_OF_ADDRESS)],
            "too-many-tries",
            "Many links were tried from your address just now. Wait a while before the next try.",
        )
        hashes = self._tokens.one_time_token_hashes(token)
        async with self._unit_of_work() as unit:  # the slow hash is for links that count
            account = await self._account_of(unit, await unit.one_time_tokens.find(hashes))
        new_password = Password.parse_new(password, account_name=account.name.value)
        password_hash = await self._hasher.hash(new_password)
        async with self._unit_of_work() as unit:
            account = await self._account_of(unit, await unit.one_time_tokens.take(hashes))
            await unit.accounts.set_password_hash(account.id, password_hash)
            await unit.one_time_tokens.remove_all(account.id, MailKind.RESET_PASSWORD)
            await unit.login_sessions.remove_others(account.id, [])
            await unit.access_tokens.remove_all(account.id)
            await tell_owner(unit, account, MailKind.PASSWORD_CHANGED, self._clock, self._ids)
            name = account.name.value
            await unit.attempts.forgive([link_key], forget=False)
            await unit.attempts.forgive(
                [self._tokens.attempt_key("pair", name, address), self._tokens.attempt_key("name", name)],
                forget=True,
            )
        return self._tokens.device_token(name)

    async def _account_of(self, unit: UnitOfWork, found: OneTimeToken | None) -> Account:
        if found is None or not found.counts(MailKind.RESET_PASSWORD, self._clock.now()):
            raise link_void()
        account = await unit.accounts.by_id(found.account_id, for_update=True)
        if account is None:
            raise link_void()
        if found.mail is not None and (account.mail is None or account.mail.folded != found.mail.folded):
            raise link_void()
        return account


class ChangePassword:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        check_password: CheckPassword,
        hasher: PasswordHasher,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._check_password = check_password
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, token: str, old: str, new: str) -> None:
        """token: of this login, the only one that stays signed in.

        Raises `Unauthenticated`, `Forbidden` (wrong-password), `Invalid` (weak-password), `RateLimited`.
        """
        await self._access.require(actor, Action.CHANGE_PASSWORD)
        new_password = Password.parse_new(new, account_name=str(actor.name))
        old_hash = await self._check_password(actor.require_account(), old)
        password_hash = await self._hasher.hash(new_password)
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor, for_update=True)
            await require_unchanged(unit.accounts, account.id, old_hash)
            await unit.accounts.set_password_hash(account.id, password_hash)
            await unit.login_sessions.remove_others(account.id, self._tokens.hashes(token))
            await tell_owner(unit, account, MailKind.PASSWORD_CHANGED, self._clock, self._ids)
