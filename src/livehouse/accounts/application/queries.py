"""Reading accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, NotFound
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.ports import Accounts, UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName, Actor, PersonCard
from livehouse.accounts.domain.account import Account


async def find_account(accounts: Accounts, name: str, *, for_update: bool = False) -> Account:
    """Raises `NotFound` (no-such-account), also for a name that no account could have."""
    try:
        account = await accounts.by_name(AccountName.parse(name), for_update=for_update)
    except Invalid:
        account = None
    if account is None:
        raise NotFound("no-such-account", f"There is no account '{name[:60]}'.")
    return account


async def own_account(accounts: Accounts, actor: Actor, *, for_update: bool = False) -> Account:
    """Raises `Unauthenticated`; `NotFound` for one that was erased this moment."""
    account = await accounts.by_id(actor.require_account(), for_update=for_update)
    if account is None:
        raise NotFound("no-such-account", "There is no such account.")
    return account


class ReadOwnAccount:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor) -> Account:
        """Raises `Unauthenticated`, `NotFound` (no-such-account)."""
        await self._access.require(actor, Action.READ_OWN_ACCOUNT)
        async with self._unit_of_work() as unit:
            return await own_account(unit.accounts, actor)

    async def settings(self, actor: Actor) -> Account:
        """With the mail address. Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        await self._access.require(actor, Action.READ_SETTINGS)
        async with self._unit_of_work() as unit:
            return await own_account(unit.accounts, actor)


class ReadProfile:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock

    async def __call__(self, actor: Actor, name: str) -> Account:
        """Of somebody suspended only the name, but to administrators and themselves: bio and picture may be
        the very reason. Raises `NotFound` (no-such-account).
        """
        await self._access.require(actor, Action.READ_PROFILE)
        async with self._unit_of_work() as unit:
            account = await find_account(unit.accounts, name)
        may_see = actor.is_administrator or actor.account_id == account.id
        if account.suspension_at(self._clock.now()) is None or may_see:
            return account
        return replace(account, bio="", avatar=None)


class FindPeople:
    """The `People` facade of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock, *, sends_mail: bool = False) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._sends_mail = sends_mail

    async def actor(self, account_id: AccountId) -> Actor:
        async with self._unit_of_work() as unit:
            account = await unit.accounts.by_id(account_id)
        if account is None:
            raise NotFound("no-such-account", "There is no such account.")
        actor = account.actor(self._clock.now())
        return actor if self._sends_mail else replace(actor, is_confirmed=True)

    async def has_blocked(self, account_id: AccountId, other: AccountId) -> bool:
        async with self._unit_of_work() as unit:
            return await unit.blocks.exists(account_id, other)


class FindPersonCards:
    """The `PersonCards` facade of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def of(self, account_ids: Collection[AccountId]) -> Mapping[AccountId, PersonCard]:
        if not account_ids:
            return {}
        async with self._unit_of_work() as unit:
            return await unit.accounts.cards_of(account_ids)


class FindNames:
    """The `Names` facade of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def account_called(self, name: str) -> AccountId:
        async with self._unit_of_work() as unit:
            return (await find_account(unit.accounts, name)).id
