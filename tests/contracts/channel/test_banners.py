"""What storage of banners promises: the in-memory one and PostgreSQL pass the same suite."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from cpc.images.image import ImageName
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.contract import AccountId, AccountName
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.ports import UnitOfWorkFactory

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE, OTHER = ImageName("1" * 40), ImageName("2" * 40)


async def test_a_banner_is_put_replaced_and_taken_away(unit_of_work: UnitOfWorkFactory) -> None:
    clock = FakeClock()
    create = CreateChannel(unit_of_work, clock, UuidV7Ids(clock))
    ada = (await create(AccountId(uuid4()), AccountName("ada"))).id
    bob = (await create(AccountId(uuid4()), AccountName("bob"))).id
    async with unit_of_work() as unit:
        assert await unit.banners.of(ada) is None
        assert await unit.banners.replace(ada, ONE) is None
        assert await unit.banners.replace(bob, ONE) is None
        await unit.images_in_doubt.add(OTHER, NOW)
    async with unit_of_work() as unit:
        assert await unit.banners.of(ada) == ONE
        assert await unit.banners.replace(ada, OTHER) == ONE
        assert await unit.banners.among([ONE, OTHER, ImageName("3" * 40)]) == {ONE, OTHER}
        assert await unit.banners.replace(ada, None) == OTHER
        assert await unit.banners.replace(ada, None) is None
        assert await unit.banners.among([ONE, OTHER]) == {ONE}
