"""What one can do with channels."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.channel.application.browse import ListCategories, ListChannels, ReadCategory, Search
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.change_banner import ChangeBanner, FindBanner
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.change_schedule import (
    AddScheduleEntry,
    ChangeScheduleEntry,
    PlannedShow,
    RemoveScheduleEntry,
    SetVacation,
    ShowChange,
)
from livehouse.channel.application.content_ports import RenderedAbout
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.discovery_ports import CategoryCard, ChannelCard
from livehouse.channel.application.manage_categories import ChangeCategory, CreateCategory, RemoveCategory
from livehouse.channel.application.queries import ChannelByName, FindChannels
from livehouse.channel.application.read_schedule import ReadSchedule, Schedule
from livehouse.channel.application.statistics import BroadcastReport, ReadBroadcastStatistics, ReadStatistics
from livehouse.channel.domain.broadcast_statistics import Totals
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.channel import Channel, ChatModesChange, SettingsChange
from livehouse.channel.domain.schedule import MAX_WINDOW, Occurrence, ScheduleEntry, Vacation, Weekday

__all__ = [
    "MAX_WINDOW",
    "BroadcastReport",
    "Category",
    "CategoryCard",
    "Channel",
    "ChannelCard",
    "ChannelUseCases",
    "ChatModesChange",
    "Occurrence",
    "PlannedShow",
    "RenderedAbout",
    "Schedule",
    "ScheduleEntry",
    "SettingsChange",
    "ShowChange",
    "Totals",
    "Vacation",
    "Weekday",
]


@dataclass(frozen=True, slots=True)
class ChannelUseCases:
    """find_channels: the `Channels` facade other slices are given."""

    create_channel: CreateChannel
    change_channel: ChangeChannel
    change_banner: ChangeBanner
    find_banner: FindBanner
    channel_by_name: ChannelByName
    list_channels: ListChannels
    find_channels: FindChannels
    read_about: ReadAbout
    change_about: ChangeAbout
    read_schedule: ReadSchedule
    add_schedule_entry: AddScheduleEntry
    change_schedule_entry: ChangeScheduleEntry
    remove_schedule_entry: RemoveScheduleEntry
    set_vacation: SetVacation
    list_categories: ListCategories
    read_category: ReadCategory
    create_category: CreateCategory
    change_category: ChangeCategory
    remove_category: RemoveCategory
    search: Search
    read_statistics: ReadStatistics
    read_broadcast_statistics: ReadBroadcastStatistics
