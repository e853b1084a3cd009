"""What storage of accounts promises of names that were given up: in-memory and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cpc.kernel.errors import Conflict
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.accounts.domain.account import Account

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def account(name: str = "ada") -> Account:
    return Account(AccountId(uuid4()), AccountName(name), NOW)


async def test_a_renamed_account_keeps_the_name_it_had(unit_of_work: UnitOfWorkFactory) -> None:
    ada, bob = account(), account("bob")
    renamed = replace(ada, name=AccountName("lovelace"), display_name="Lovelace", renamed_at=NOW)
    kept_until = NOW + timedelta(days=90)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "$argon2id$1")
        await unit.accounts.add(bob, "$argon2id$2")
        await unit.accounts.rename(renamed, ada.name, kept_until)
        assert await unit.accounts.by_id(ada.id) == renamed
        assert await unit.accounts.by_name(AccountName("lovelace")) == renamed
        assert await unit.accounts.by_name(ada.name) is None
        assert await unit.accounts.password_hash(ada.id) == "$argon2id$1"
    for name, slug in (("ada", "name-taken"), ("a_da", "name-too-similar"), ("1ovelace", "name-too-similar")):
        with pytest.raises(Conflict) as refused:
            async with unit_of_work() as unit:
                await unit.accounts.add(account(name), "$argon2id$3")
        assert refused.value.slug == slug
        with pytest.raises(Conflict) as refused:
            async with unit_of_work() as unit:
                wish = replace(bob, name=AccountName(name), renamed_at=NOW)
                await unit.accounts.rename(wish, bob.name, kept_until)
        assert refused.value.slug == slug
    async with unit_of_work() as unit:
        await unit.accounts.rename(replace(ada, renamed_at=NOW), renamed.name, kept_until)
        late = replace(bob, name=AccountName("lovelace"), renamed_at=kept_until)
        await unit.accounts.rename(late, bob.name, kept_until)
        assert await unit.accounts.by_name(AccountName("lovelace")) == late


async def test_names_kept_for_an_erased_account_are_kept_for_nobody(unit_of_work: UnitOfWorkFactory) -> None:
    ada = account()
    renamed = replace(ada, name=AccountName("lovelace"), renamed_at=NOW)
    async with unit_of_work() as unit:
        await unit.accounts.add(ada, "$argon2id$1")
        await unit.accounts.rename(renamed, ada.name, NOW + timedelta(days=90))
        await unit.accounts.erase(renamed, NOW + timedelta(days=180))
    for name, days in (("ada", 89), ("lovelace", 179)):
        with pytest.raises(Conflict):
            async with unit_of_work() as unit:
                await unit.accounts.add(
                    replace(account(name), created_at=NOW + timedelta(days=days)), "$argon2id$2"
                )
        async with unit_of_work() as unit:
            await unit.accounts.add(
                replace(account(name), created_at=NOW + timedelta(days=days + 1)), "$argon2id$2"
            )
