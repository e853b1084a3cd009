"""How the actions of categories, search and statistics are done."""

from __future__ import annotations

from datetime import datetime

from tests.unit.access.everybody import World, call

from cpc.kernel.ids import EntityId
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.accounts.testing import FakePersonCards
from livehouse.channel.application.browse import ListCategories, ReadCategory, Search
from livehouse.channel.application.manage_categories import ChangeCategory, CreateCategory, RemoveCategory
from livehouse.channel.application.statistics import ReadBroadcastStatistics, ReadStatistics


class Nothing:
    """No messages, no followers."""

    async def before(self, channel_id: EntityId, moment: datetime) -> int:
        return 0

    async def followers(self, channel_id: EntityId) -> int:
        return 0


@call(Action.LIST_CATEGORIES)
async def list_categories(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListCategories(world.channels.unit_of_work, world.access)(actor)


@call(Action.READ_CATEGORY)
async def read_category(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadCategory(world.channels.unit_of_work, world.access)(actor, "art")


@call(Action.CREATE_CATEGORY)
async def create_category(world: World, actor: Actor) -> object:
    world.is_ready()
    return await CreateCategory(world.channels.unit_of_work, world.access, world.deeds, world.ids)(
        actor, "Kites"
    )


@call(Action.CHANGE_CATEGORY)
async def change_category(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ChangeCategory(world.channels.unit_of_work, world.access, world.deeds, world.clock)(
        actor, "art", name="Arts"
    )


@call(Action.REMOVE_CATEGORY)
async def remove_category(world: World, actor: Actor) -> object:
    world.is_ready()
    return await RemoveCategory(world.channels.unit_of_work, world.access, world.deeds, world.clock)(
        actor, "art", into="music"
    )


@call(Action.SEARCH)
async def search(world: World, actor: Actor) -> object:
    world.is_ready()
    return await Search(world.channels.unit_of_work, FakePersonCards(), world.access, world.clock)(
        actor, "ada"
    )


@call(Action.READ_STATISTICS)
async def read_statistics(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadStatistics(world.channels.unit_of_work, world.access, world.clock, Nothing())(
        actor, "ada"
    )


@call(Action.READ_BROADCAST_STATISTICS)
async def read_broadcast_statistics(world: World, actor: Actor) -> object:
    world.is_ready()
    read = ReadBroadcastStatistics(world.channels.unit_of_work, world.access, world.clock, Nothing())
    return await read(actor, "ada")
