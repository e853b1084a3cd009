"""Reading accounts."""

from __future__ import annotations

from cpc.kernel.errors import NotFound
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.account import Account


class AccountById:
    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, account_id: AccountId) -> Account:
        """Raises `NotFound` (no-such-account)."""
        async with self._unit_of_work() as unit:
            account = await unit.accounts.by_id(account_id)
        if account is None:
            raise NotFound("no-such-account", "There is no such account.")
        return account
