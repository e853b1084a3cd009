"""A person proves who they are by name and password."""

from __future__ import annotations

from collections.abc import Sequence

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, Unauthenticated
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens, SignedIn
from livehouse.accounts.application.ports import PasswordHasher, ShareOfRest, UnitOfWorkFactory
from livehouse.accounts.application.throttle import count_try
from livehouse.accounts.contract import ANONYMOUS, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import MAX_PER_ACCOUNT
from livehouse.accounts.domain.password import Password

MAX_TRIES_NAME_AND_ADDRESS = 10
MAX_TRIES_ADDRESS = 100
MAX_TRIES_NAME = 100  # many addresses guess at one name
# From so many on an address has only a few of what is left. To use up a name's tries, and so to keep its
# owner from signing in with a browser that is not known yet, takes 25 addresses and not ten.
NAME_GROWS_SCARCE_AFTER = 50
MAX_SCARCE_TRIES = 2
MAX_TRIES_DEVICE = 20  # a browser that signed in to this account before: others' tries do not slow it down
_MAX_LOOKS = 3
"""A password may be changed while it is compared, or its hash renewed: what counts is what is stored when the
login is. Whoever is overtaken more often signs in again."""


class SignIn:
    """Unknown names and wrong passwords look alike: the same answer after the same work."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        hasher: PasswordHasher,
        tokens: LoginTokens,
        clock: Clock,
        access: Access,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._access = access

    async def __call__(
        self, name: str, password: str, *, address: str, device: str | None = None, program: str = ""
    ) -> SignedIn:
        """device: the token an earlier sign-in left with the browser. program: its User-Agent.

        Raises `Unauthenticated` (wrong-name-or-password) or `RateLimited` (too-many-sign-ins)."""
        await self._access.require(ANONYMOUS, Action.SIGN_IN)
        own_key, limits, share = self._limits(name.lower(), address, device)
        await count_try(
            self._unit_of_work,
            self._clock,
            limits,
            "too-many-sign-ins",
            "Too many sign-ins failed. Wait a while before the next try.",
            share=share,
        )
        given = Password.parse(password)
        account, password_hash = await self._find(name)
        if account is None or password_hash is None:
            await self._hasher.verify_nothing(given)
            raise _wrong()
        for _ in range(_MAX_LOOKS):
            if not await self._hasher.verify(given, password_hash):
                raise _wrong()
            renewed_hash = (
                await self._hasher.hash(given) if self._hasher.needs_rehash(password_hash) else None
            )
            async with self._unit_of_work() as unit:
                found = await unit.accounts.by_id(account.id, for_update=True)
                if found is None:
                    raise _wrong()
                stored_hash = await unit.accounts.password_hash(found.id)
                if stored_hash == password_hash:
                    login_session, signed_in = self._tokens.open(found, program)
                    if renewed_hash is not None:
                        await unit.accounts.set_password_hash(found.id, renewed_hash)
                    await unit.login_sessions.add(login_session, keep_newest=MAX_PER_ACCOUNT)
                    await unit.attempts.forgive([own_key], forget=True)
                    await unit.attempts.forgive([key for key, _ in limits if key != own_key], forget=False)
                    if share is not None:
                        await unit.attempts.forgive([share.key], forget=True)
                    return signed_in
            password_hash = stored_hash
        raise _wrong()

    def _limits(
        self, name: str, address: str, device: str | None
    ) -> tuple[bytes, Sequence[tuple[bytes, int]], ShareOfRest | None]:
        """What a try counts against; first the key that a success clears.

        A known device has an account of its own, so that guessing from elsewhere keeps its owner out of
        nothing: neither the name's tries nor those of the address stop it.
        """
        known_device = self._tokens.device_of(device, name)
        if known_device is not None:
            device_key = self._tokens.attempt_key("device", name, known_device)
            return device_key, ((device_key, MAX_TRIES_DEVICE),), None
        pair_key = self._tokens.attempt_key("pair", name, address)
        name_key = self._tokens.attempt_key("name", name)
        limits = (
            (pair_key, MAX_TRIES_NAME_AND_ADDRESS),
            (self._tokens.attempt_key("address", address), MAX_TRIES_ADDRESS),
            (name_key, MAX_TRIES_NAME),
        )
        scarce_key = self._tokens.attempt_key("scarce", name, address)
        return pair_key, limits, ShareOfRest(name_key, NAME_GROWS_SCARCE_AFTER, scarce_key, MAX_SCARCE_TRIES)

    async def _find(self, name: str) -> tuple[Account | None, str | None]:
        try:
            account_name = AccountName.parse(name)
        except Invalid:
            return None, None
        async with self._unit_of_work() as unit:
            account = await unit.accounts.by_name(account_name)
            if account is None:
                return None, None
            return account, await unit.accounts.password_hash(account.id)


def _wrong() -> Unauthenticated:
    return Unauthenticated("wrong-name-or-password", "Name or password is wrong.")
