"""How the actions of channels are done."""

from __future__ import annotations

from tests.unit.access.everybody import World, call

from cpc.images.keep_image import KeepImage
from cpc.images.testing import FakeImageMaker, InMemoryImagesDatabase, InMemoryImageStore
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.accounts.testing import FakePersonCards
from livehouse.channel.application.browse import ListChannels
from livehouse.channel.application.change_banner import ChangeBanner
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.queries import ChannelByName
from livehouse.channel.domain.channel import SettingsChange


@call(Action.LIST_CHANNELS)
async def list_channels(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListChannels(world.channels.unit_of_work, FakePersonCards(), world.access, world.clock)(
        actor
    )


@call(Action.READ_CHANNEL)
async def read_channel(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ChannelByName(world.channels.unit_of_work, world.access)(actor, "ada")


@call(Action.CHANGE_CHANNEL)
async def change_channel(world: World, actor: Actor) -> object:
    world.is_ready()
    change = ChangeChannel(world.channels.unit_of_work, world.access, world.clock, world.ids)
    return await change(actor, "ada", SettingsChange(title="New"))


@call(Action.CHANGE_BANNER)
async def change_banner(world: World, actor: Actor) -> object:
    images = InMemoryImagesDatabase()
    keep_image = KeepImage(images.unit_of_work, FakeImageMaker(), InMemoryImageStore(), world.clock)
    world.is_ready()
    use_case = ChangeBanner(world.channels.unit_of_work, world.access, keep_image, world.clock)
    return await use_case.remove(actor, "ada")
