"""A visitor opens an account and is signed in with it."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens, SignedIn
from livehouse.accounts.application.ports import PasswordHasher, UnitOfWorkFactory
from livehouse.accounts.application.throttle import count_try
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, AccountOpened
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import MAX_PER_ACCOUNT
from livehouse.accounts.domain.password import Password

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
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._access = access

    async def __call__(self, name: str, password: str, *, address: str | None = None) -> SignedIn:
        """address: where the visitor comes from; None for the operator, who is not slowed down.

        Raises `Invalid` (malformed-name, reserved-name, weak-password), `Conflict` (name-taken) or
        `RateLimited` (too-many-sign-ups).
        """
        await self._access.require(ANONYMOUS, Action.SIGN_UP)
        account_name = AccountName.parse_new(name)
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
        password_hash = await self._hasher.hash(new_password)
        account = Account(AccountId(self._ids.uuid()), account_name, self._clock.now())
        login_session, signed_in = self._tokens.open(account)
        async with self._unit_of_work() as unit:
            await unit.accounts.add(account, password_hash)
            await unit.login_sessions.add(login_session, keep_newest=MAX_PER_ACCOUNT)
            opened = AccountOpened(account.id, account.name, account.created_at)
            unit.outbox.publish(opened.to_cloud_event(event_id=self._ids.uuid(), time=account.created_at))
        return signed_in
