"""Whoever changes what an account hangs on proves again who they are."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Forbidden
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import Accounts, PasswordHasher, UnitOfWorkFactory
from livehouse.accounts.application.throttle import count_try
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.password import Password

MAX_TRIES = 10


class CheckPassword:
    """An open browser is not enough, and whoever sits at one cannot guess for long."""

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, hasher: PasswordHasher, tokens: LoginTokens, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, account_id: AccountId, password: str) -> str:
        """The hash that it was compared with, for `require_unchanged`.

        Raises `Forbidden` (wrong-password), `RateLimited` (too-many-tries).
        """
        key = self._tokens.attempt_key("password", str(account_id))
        await count_try(
            self._unit_of_work,
            self._clock,
            [(key, MAX_TRIES)],
            "too-many-tries",
            "The password was wrong too often. Wait a while before the next try.",
        )
        async with self._unit_of_work() as unit:
            password_hash = await unit.accounts.password_hash(account_id)
        if not await self._hasher.verify(Password.parse(password), password_hash):
            raise Forbidden("wrong-password", "That is not your password.")
        async with self._unit_of_work() as unit:
            await unit.attempts.forgive([key], forget=True)
        return password_hash


async def require_unchanged(accounts: Accounts, account_id: AccountId, password_hash: str) -> None:
    """That the password is still the one `CheckPassword` compared with, in the unit of work that does what it
    was asked for, and that has locked the account: a reset that came meanwhile keeps the old one out.

    Raises `Forbidden` (wrong-password).
    """
    if await accounts.password_hash(account_id) != password_hash:
        raise Forbidden("wrong-password", "Your password was changed this very moment. Type the new one.")
