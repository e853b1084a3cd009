"""What storage promises of avatars: the in-memory one and PostgreSQL pass the same suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from cpc.images.image import ImageName
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName, PersonCard
from livehouse.accounts.domain.account import Account

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def account(name: str = "ada") -> Account:
    return Account(AccountId(uuid4()), AccountName(name), NOW)


async def test_avatars_are_found_by_whose_they_are_and_by_name(unit_of_work: UnitOfWorkFactory) -> None:
    one, other = ImageName("1" * 40), ImageName("2" * 40)
    ada, bob = replace(account(), avatar=one, display_name="Ada"), account("bob")
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "hash")
        await unit.accounts.add(bob, "hash")
        await unit.images_in_doubt.add(other, NOW)
    async with unit_of_work() as unit:
        assert await unit.accounts.by_id(ada.id) == ada
        assert await unit.accounts.cards_of([ada.id, bob.id, AccountId(uuid4())]) == {
            ada.id: PersonCard(ada.id, ada.name, one, "Ada"),
            bob.id: PersonCard(bob.id, bob.name),
        }
        assert await unit.accounts.avatars_among([one, other]) == {one}
        await unit.accounts.save(replace(ada, avatar=None))
        assert await unit.accounts.avatars_among([one, other]) == frozenset()
