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
from livehouse.channel.application.browse import ListCategories, ListChannels, ReadCategory, Search
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
from livehouse.channel.application.discovery_ports import ChatMessageCounts
from livehouse.channel.application.manage_categories import ChangeCategory, CreateCategory, RemoveCategory
from livehouse.channel.application.personal_data import ChannelPersonalData
from livehouse.channel.application.ports import UnitOfWork
from livehouse.channel.application.queries import ChannelByName, FindChannels
from livehouse.channel.application.read_schedule import ReadSchedule
from livehouse.channel.application.statistics import ReadBroadcastStatistics, ReadStatistics
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application.queries import CountMessages
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.images import build_keep_image
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.find_supporters import FindSupporters


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
        list_categories=ListCategories(unit_of_work, access),
        read_category=ReadCategory(unit_of_work, access),
        create_category=CreateCategory(unit_of_work, access, ids),
        change_category=ChangeCategory(unit_of_work, access),
        remove_category=RemoveCategory(unit_of_work, access),
        search=Search(unit_of_work, access, clock),
        read_statistics=ReadStatistics(
            unit_of_work, access, clock, FindSupporters(lambda: PostgresSocialUnitOfWork(engine), clock)
        ),
        read_broadcast_statistics=ReadBroadcastStatistics(
            unit_of_work, access, clock, build_message_counts(engine)
        ),
    )


def build_message_counts(engine: AsyncEngine) -> ChatMessageCounts:
    """What chat says of a channel's room, for the statistics of channels."""
    return CountMessages(lambda: PostgresChatUnitOfWork(engine))


def build_channel_personal_data(engine: AsyncEngine) -> PersonalData:
    """For the export of the accounts slice."""
    return ChannelPersonalData(lambda: PostgresChannelUnitOfWork(engine))
