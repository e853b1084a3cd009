"""A person changes what they say of themselves."""

from __future__ import annotations

from dataclasses import replace

from livehouse.access.contract import Access, Action
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import own_account
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.profile import valid_bio, valid_display_name, valid_locale


class ChangeProfile:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(
        self,
        actor: Actor,
        *,
        display_name: str | None = None,
        bio: str | None = None,
        locale: str | None = None,
    ) -> Account:
        """None leaves a field as it is, an empty text clears it.

        Raises `Unauthenticated`, `Forbidden`, `Invalid` (display-name, bio-too-long, malformed-locale).
        """
        await self._access.require(actor, Action.CHANGE_PROFILE)
        async with self._unit_of_work() as unit:
            account = await own_account(unit.accounts, actor, for_update=True)
            changed = replace(
                account,
                display_name=account.display_name
                if display_name is None
                else valid_display_name(display_name, account.name),
                bio=account.bio if bio is None else valid_bio(bio),
                locale=account.locale if locale is None else valid_locale(locale),
            )
            if changed != account:
                await unit.accounts.save(changed)
        return changed
