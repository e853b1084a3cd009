"""Channels in lists, and what visitors ask of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, Deeds
from livehouse.accounts.testing import FakePersonCards, RecordedDeeds
from livehouse.channel.application.browse import (
    FindChannelCards,
    ListCategories,
    ListChannels,
    ReadCategory,
    Search,
)
from livehouse.channel.application.manage_categories import ChangeCategory, CreateCategory, RemoveCategory
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelId, ChannelName
from livehouse.channel.domain.channel import Channel

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class House:
    """Channels by name, and what visitors ask."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self.units = unit_of_work
        access, clock = access_for(), FakeClock(NOW)
        self.people = people = FakePersonCards()
        self.list_channels = ListChannels(unit_of_work, people, access, clock)
        self.cards = FindChannelCards(unit_of_work, people, clock)
        self.list_categories = ListCategories(unit_of_work, access)
        self.read_category = ReadCategory(unit_of_work, access)
        self.search = Search(unit_of_work, people, access, clock)
        self.deed_log = RecordedDeeds()
        deeds = Deeds(self.deed_log, clock, UuidV7Ids(clock))
        self.create_category = CreateCategory(unit_of_work, access, deeds, UuidV7Ids(clock))
        self.change_category = ChangeCategory(unit_of_work, access, deeds, clock)
        self.remove_category = RemoveCategory(unit_of_work, access, deeds, clock)
        self.opened = 0

    async def open(
        self, name: str, *, viewers: int | None = None, category: str = "", **settings: object
    ) -> Channel:
        """viewers: so many watch; None while offline."""
        self.opened += 1
        channel = Channel(
            id=ChannelId(UUID(int=self.opened)),
            owner_id=AccountId(uuid4()),
            name=ChannelName(name),
            title=f"{name}'s stream",
            category="",
            created_at=NOW,
        )
        async with self.units() as unit:
            found = await unit.categories.by_slug(category) if category else None
            channel = replace(channel, **settings).about(found)  # type: ignore[arg-type]
            assert await unit.channels.add(channel)
            if viewers is not None:
                await unit.directory.broadcast_started(channel.id, f"brd_{name}", NOW)
                await unit.directory.viewers_counted(channel.id, f"brd_{name}", viewers)
        return channel

    async def listed(self, **asked: object) -> list[str]:
        page = await self.list_channels(ANONYMOUS, **asked)  # type: ignore[arg-type]
        return [card.name.value for card in page.channels]

    async def found(self, text: str) -> list[str]:
        return [card.name.value for card in (await self.search(ANONYMOUS, text)).channels]

    async def category_names(self, query: str = "") -> list[str]:
        page = await self.list_categories(ANONYMOUS, query=query, limit=100)
        return [card.category.name for card in page.categories]
