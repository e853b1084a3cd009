"""A visitor opens an account and is signed in with it."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Invalid, RateLimited
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens, SignedIn
from livehouse.accounts.application.ports import PasswordHasher, UnitOfWorkFactory
from livehouse.accounts.application.throttle import count_mail, count_try
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, AccountOpened
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.likeness import check_likeness
from livehouse.accounts.domain.login_session import MAX_PER_ACCOUNT
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.domain.outgoing_mail import MailId, MailKind, OutgoingMail
from livehouse.accounts.domain.password import Password
from livehouse.accounts.domain.profile import valid_display_name

MAX_SIGN_UPS_OF_ADDRESS = 50  # in a window; a class room shares one address


class SignUp:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        hasher: PasswordHasher,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
        access: Access,
        *,
        sends_mail: bool = False,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._access = access
        self._sends_mail = sends_mail

    async def __call__(
        self,
        name: str,
        password: str,
        *,
        address: str | None = None,
        mail: str | None = None,
        program: str = "",
    ) -> SignedIn:
        """address: where the visitor comes from; None for the operator, who is neither slowed down nor asked
        for a mail address. program: a User-Agent.

        Raises `Invalid` (malformed-name, reserved-name, weak-password, malformed-mail, mail-missing,
        no-mail-here), `Conflict` (name-taken, name-too-similar) or `RateLimited` (too-many-sign-ups).
        """
        await self._access.require(ANONYMOUS, Action.SIGN_UP)
        account_name = AccountName.parse_new(name)
        pending_mail = self._mail_of(mail, address)
        new_password = Password.parse_new(password, account_name=account_name.value)
        if address is not None:
            await count_try(
                self._unit_of_work,
                self._clock,
                [(self._tokens.attempt_key("sign-up", address), MAX_SIGN_UPS_OF_ADDRESS)],
                "too-many-sign-ups",
                "Many accounts were opened from your address just now. Try again later.",
            )
        async with self._unit_of_work() as unit:  # before the slow hash; `add` settles races
            if await unit.accounts.by_name(account_name) is not None:
                raise Conflict("name-taken", f"The name '{account_name}' is taken. Choose another one.")
            check_likeness(account_name, await unit.accounts.administrators())
        password_hash = await self._hasher.hash(new_password)
        sends_link = pending_mail is not None and await self._has_room(pending_mail)
        now = self._clock.now()
        account = Account(
            AccountId(self._ids.uuid()),
            account_name,
            now,
            pending_mail=pending_mail,
            is_confirmed=pending_mail is None,
            display_name=valid_display_name(name, account_name),
        )
        login_session, signed_in = self._tokens.open(account, program)
        async with self._unit_of_work() as unit:
            await unit.accounts.add(account, password_hash)
            await unit.login_sessions.add(login_session, keep_newest=MAX_PER_ACCOUNT)
            opened = AccountOpened(account.id, account.name, account.created_at)
            unit.outbox.publish(opened.to_cloud_event(event_id=self._ids.uuid(), time=account.created_at))
            if pending_mail is not None and sends_link:
                await unit.mail_queue.add(
                    OutgoingMail(
                        MailId(self._ids.uuid()), MailKind.CONFIRM_MAIL, pending_mail, account.id, now, now
                    )
                )
        return signed_in

    async def _has_room(self, mail: MailAddress) -> bool:
        """Whether the letter box gets another mail of ours. Else the account is opened without one, and the
        link can be sent later.
        """
        try:
            await count_mail(self._unit_of_work, self._clock, self._tokens, mail)
        except RateLimited:
            return False
        return True

    def _mail_of(self, mail: str | None, address: str | None) -> MailAddress | None:
        if mail is not None and not self._sends_mail:
            raise Invalid("no-mail-here", "This server sends no mail. Sign up without a mail address.")
        if mail is None and self._sends_mail and address is not None:
            raise Invalid("mail-missing", "Give your mail address: we send a link there to confirm it.")
        return None if mail is None else MailAddress.parse(mail)
