"""What one can do with channels."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.channel.application.browse import ListCategories, ListChannels, ReadCategory, Search
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.change_banner import ChangeBanner
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.change_schedule import (
    AddScheduleEntry,
    ChangeScheduleEntry,
    PlannedShow,
    RemoveScheduleEntry,
    SetVacation,
    ShowChange,
)
from livehouse.channel.application.channel_manager import ChannelManager
from livehouse.channel.application.content_ports import RenderedAbout
from livehouse.channel.application.delete_channel import EraseChannels
from livehouse.channel.application.discovery_ports import CategoryCard
from livehouse.channel.application.manage_categories import ChangeCategory, CreateCategory, RemoveCategory
from livehouse.channel.application.page_images import UploadPanelImage
from livehouse.channel.application.queries import ChannelByName, FindChannels
from livehouse.channel.application.read_administration import ListAllChannels
from livehouse.channel.application.read_schedule import ReadSchedule, Schedule
from livehouse.channel.application.roles import (
    GrantRole,
    ListOwnChannels,
    ListRoles,
    RevokeRole,
    RoleHolder,
    TakeRolesAway,
)
from livehouse.channel.application.statistics import BroadcastReport, ReadBroadcastStatistics, ReadStatistics
from livehouse.channel.application.suspend_channel import TakeOwnersSuspension
from livehouse.channel.contract import ChannelCard
from livehouse.channel.domain.about import WrittenPanel
from livehouse.channel.domain.broadcast_statistics import Totals
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.channel import Channel, ChannelState, ChatModesChange, SettingsChange
from livehouse.channel.domain.role_grant import ChannelRole
from livehouse.channel.domain.schedule import MAX_WINDOW, Occurrence, ScheduleEntry, Vacation, Weekday

__all__ = [
    "MAX_WINDOW",
    "BroadcastReport",
    "Category",
    "CategoryCard",
    "Channel",
    "ChannelCard",
    "ChannelDuties",
    "ChannelManager",
    "ChannelRole",
    "ChannelState",
    "ChannelUseCases",
    "ChatModesChange",
    "Occurrence",
    "PlannedShow",
    "RenderedAbout",
    "RoleHolder",
    "Schedule",
    "ScheduleEntry",
    "SettingsChange",
    "ShowChange",
    "Totals",
    "Vacation",
    "Weekday",
    "WrittenPanel",
]


@dataclass(frozen=True, slots=True)
class ChannelUseCases:
    """find_channels: the `Channels` facade other slices are given."""

    manager: ChannelManager
    change_channel: ChangeChannel
    channel_by_name: ChannelByName
    list_channels: ListChannels
    find_channels: FindChannels
    change_banner: ChangeBanner
    read_about: ReadAbout
    change_about: ChangeAbout
    upload_panel_image: UploadPanelImage
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
    list_own_channels: ListOwnChannels
    list_roles: ListRoles
    grant_role: GrantRole
    revoke_role: RevokeRole
    list_all_channels: ListAllChannels


@dataclass(frozen=True, slots=True)
class ChannelDuties:
    """What the worker does, again and again or when it hears of something."""

    erase_channels: EraseChannels
    take_roles_away: TakeRolesAway
    take_owners_suspension: TakeOwnersSuspension
