"""The channel slice on PostgreSQL."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.images.keep_image import KeepImage
from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.contract import PersonalData
from livehouse.channel.adapters.icalendar_writer import ICalendarWriter
from livehouse.channel.adapters.markdown_it_renderer import MarkdownItRenderer
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application import ChannelUseCases
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.change_banner import ChangeBanner, FindBanner
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.change_schedule import (
    AddScheduleEntry,
    ChangeScheduleEntry,
    RemoveScheduleEntry,
    SetVacation,
)
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.personal_data import ChannelPersonalData
from livehouse.channel.application.ports import UnitOfWork
from livehouse.channel.application.queries import ChannelByName, FindChannels, ListChannels
from livehouse.channel.application.read_schedule import ReadSchedule
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.images import build_keep_image


def build_channel(
    engine: AsyncEngine, clock: Clock, ids: Ids, *, keep_image: KeepImage | None = None
) -> ChannelUseCases:
    """keep_image: None: in memory, for programs that take no uploads."""

    def unit_of_work() -> UnitOfWork:
        return PostgresChannelUnitOfWork(engine)

    access = build_access(engine, clock)
    markdown = MarkdownItRenderer()
    return ChannelUseCases(
        create_channel=CreateChannel(unit_of_work, clock, ids),
        change_channel=ChangeChannel(unit_of_work, access, clock, ids),
        change_banner=ChangeBanner(
            unit_of_work, access, keep_image or build_keep_image(engine, clock), clock
        ),
        find_banner=FindBanner(unit_of_work),
        channel_by_name=ChannelByName(unit_of_work, access),
        list_channels=ListChannels(unit_of_work, access, clock),
        find_channels=FindChannels(unit_of_work, clock),
        read_about=ReadAbout(unit_of_work, access, markdown),
        change_about=ChangeAbout(unit_of_work, access, markdown),
        read_schedule=ReadSchedule(unit_of_work, access, clock, ICalendarWriter()),
        add_schedule_entry=AddScheduleEntry(unit_of_work, access, clock, ids),
        change_schedule_entry=ChangeScheduleEntry(unit_of_work, access, clock),
        remove_schedule_entry=RemoveScheduleEntry(unit_of_work, access),
        set_vacation=SetVacation(unit_of_work, access),
    )


def build_channel_personal_data(engine: AsyncEngine) -> PersonalData:
    """For the export of the accounts slice."""
    return ChannelPersonalData(lambda: PostgresChannelUnitOfWork(engine))
