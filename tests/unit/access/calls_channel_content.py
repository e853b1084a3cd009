"""How the actions of what a channel says of itself and of its schedule are done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from tests.unit.access.everybody import CAST, World, call

from cpc.images.keep_image import KeepImage
from cpc.images.testing import FakeImageMaker, InMemoryImagesDatabase, InMemoryImageStore
from livehouse.access.contract import Action, Role
from livehouse.accounts.contract import Actor
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.change_schedule import (
    AddScheduleEntry,
    ChangeScheduleEntry,
    PlannedShow,
    RemoveScheduleEntry,
    SetVacation,
    ShowChange,
)
from livehouse.channel.application.page_images import UploadPanelImage
from livehouse.channel.application.read_schedule import ReadSchedule
from livehouse.channel.testing import FakeCalendarWriter, FakeMarkdownRenderer

SHOW = PlannedShow(
    title="Painting",
    starts_at=datetime(2026, 3, 1, 19, 30),  # noqa: DTZ001 - local to the zone beside it
    time_zone="Europe/Paris",
    duration=timedelta(hours=2),
)


async def planned(world: World) -> str:
    add = AddScheduleEntry(world.channels.unit_of_work, world.access, world.clock, world.ids)
    return str((await add(CAST[Role.OWNER], "ada", SHOW)).id)


@call(Action.READ_ABOUT)
async def read_about(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadAbout(world.channels.unit_of_work, world.access, FakeMarkdownRenderer())(actor, "ada")


@call(Action.CHANGE_ABOUT)
async def change_about(world: World, actor: Actor) -> object:
    world.is_ready()
    change = ChangeAbout(world.channels.unit_of_work, world.access, FakeMarkdownRenderer(), world.clock)
    return await change(actor, "ada", description="I paint.", panels=[])


@call(Action.UPLOAD_PANEL_IMAGE)
async def upload_panel_image(world: World, actor: Actor) -> object:
    images = InMemoryImagesDatabase()
    keep_image = KeepImage(images.unit_of_work, FakeImageMaker(), InMemoryImageStore(), world.clock)

    async def body() -> AsyncIterator[bytes]:
        yield b"\x89PNG\r\n\x1a\n a picture"

    world.is_ready()
    return await UploadPanelImage(world.channels.unit_of_work, world.access, keep_image)(actor, "ada", body())


@call(Action.READ_SCHEDULE)
async def read_schedule(world: World, actor: Actor) -> object:
    world.is_ready()
    read = ReadSchedule(world.channels.unit_of_work, world.access, world.clock, FakeCalendarWriter())
    await read.as_calendar(actor, "ada", page_url="https://live.example/ada")
    return await read(actor, "ada")


@call(Action.ADD_SCHEDULE_ENTRY)
async def add_schedule_entry(world: World, actor: Actor) -> object:
    world.is_ready()
    add = AddScheduleEntry(world.channels.unit_of_work, world.access, world.clock, world.ids)
    return await add(actor, "ada", SHOW)


@call(Action.CHANGE_SCHEDULE_ENTRY)
async def change_schedule_entry(world: World, actor: Actor) -> object:
    entry_id = await planned(world)
    world.is_ready()
    change = ChangeScheduleEntry(world.channels.unit_of_work, world.access, world.clock)
    return await change(actor, "ada", entry_id, ShowChange(title="Drawing"))


@call(Action.REMOVE_SCHEDULE_ENTRY)
async def remove_schedule_entry(world: World, actor: Actor) -> object:
    entry_id = await planned(world)
    world.is_ready()
    return await RemoveScheduleEntry(world.channels.unit_of_work, world.access)(actor, "ada", entry_id)


@call(Action.SET_VACATION)
async def set_vacation(world: World, actor: Actor) -> object:
    world.is_ready()
    span = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
    return await SetVacation(world.channels.unit_of_work, world.access)(actor, "ada", span)
