"""The channel slice on PostgreSQL."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.cache.cached_reads import CachedReads
from cpc.images.keep_image import KeepImage
from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.contract import PersonalData
from livehouse.channel.adapters.icalendar_writer import ICalendarWriter
from livehouse.channel.adapters.markdown_it_renderer import MarkdownItRenderer
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application import ChannelDuties, ChannelManager, ChannelUseCases
from livehouse.channel.application.browse import (
    FindChannelCards,
    ListCategories,
    ListChannels,
    ReadCategory,
    Search,
)
from livehouse.channel.application.cached_lists import CachedListChannels
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.change_banner import ChangeBanner
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.change_schedule import (
    AddScheduleEntry,
    ChangeScheduleEntry,
    RemoveScheduleEntry,
    SetVacation,
)
from livehouse.channel.application.create_channel import CreateChannel, CreateChannelAgain
from livehouse.channel.application.delete_channel import (
    CancelChannelDeletion,
    EraseChannels,
    RequestChannelDeletion,
)
from livehouse.channel.application.discovery_ports import ChatMessageCounts
from livehouse.channel.application.manage_categories import ChangeCategory, CreateCategory, RemoveCategory
from livehouse.channel.application.page_images import UploadPanelImage
from livehouse.channel.application.personal_data import ChannelPersonalData
from livehouse.channel.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.channel.application.queries import ChannelByName, FindChannels
from livehouse.channel.application.read_administration import ListAllChannels
from livehouse.channel.application.read_schedule import ReadSchedule
from livehouse.channel.application.rename_channel import MayRenameChannel, TakeAccountName
from livehouse.channel.application.roles import (
    GrantRole,
    ListOwnChannels,
    ListRoles,
    RevokeRole,
    TakeRolesAway,
)
from livehouse.channel.application.statistics import ReadBroadcastStatistics, ReadStatistics
from livehouse.channel.application.suspend_channel import (
    ReinstateChannel,
    SuspendChannel,
    TakeOwnersSuspension,
)
from livehouse.channel.contract import ChannelCards
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application.queries import CountMessages
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.accounts import (
    build_deed_history,
    build_deed_log,
    build_deeds,
    build_names,
    build_people,
    build_person_cards,
)
from livehouse.main.wiring.images import build_keep_image
from livehouse.main.wiring.persistence import reading
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.find_supporters import FindSupporters


def build_channel(
    engine: AsyncEngine,
    clock: Clock,
    ids: Ids,
    *,
    keep_image: KeepImage | None = None,
    list_reads: CachedReads | None = None,
) -> ChannelUseCases:
    """keep_image: None: in memory, for programs that take no uploads. list_reads: None: without a cache."""
    units, looks = _units(engine), _units(reading(engine))
    access = build_access(engine, clock)
    people, names, deed_log = build_people(engine, clock), build_names(engine), build_deed_log(engine)
    cards = build_person_cards(engine)
    deeds = build_deeds(engine, clock, ids)
    markdown = MarkdownItRenderer()
    keep = keep_image or build_keep_image(engine, clock)
    create = CreateChannel(units, clock, ids)
    return ChannelUseCases(
        manager=ChannelManager(
            create=create,
            create_again=CreateChannelAgain(units, access, people, create),
            may_rename=MayRenameChannel(units, access),
            take_account_name=TakeAccountName(units, clock, ids),
            suspend=SuspendChannel(units, access, deed_log, clock, ids),
            reinstate=ReinstateChannel(units, access, deed_log, clock, ids),
            request_deletion=RequestChannelDeletion(units, access, clock, ids),
            cancel_deletion=CancelChannelDeletion(units, access, clock, ids),
        ),
        change_channel=ChangeChannel(units, access, clock, ids),
        channel_by_name=ChannelByName(units, access),
        list_channels=ListChannels(looks, cards, access, clock)
        if list_reads is None
        else CachedListChannels(looks, cards, access, clock, list_reads),
        find_channels=FindChannels(units, clock),
        change_banner=ChangeBanner(units, access, keep, clock),
        read_about=ReadAbout(units, access, markdown),
        change_about=ChangeAbout(units, access, markdown, clock),
        upload_panel_image=UploadPanelImage(units, access, keep),
        read_schedule=ReadSchedule(units, access, clock, ICalendarWriter()),
        add_schedule_entry=AddScheduleEntry(units, access, clock, ids),
        change_schedule_entry=ChangeScheduleEntry(units, access, clock),
        remove_schedule_entry=RemoveScheduleEntry(units, access),
        set_vacation=SetVacation(units, access),
        list_categories=ListCategories(units, access),
        read_category=ReadCategory(units, access),
        create_category=CreateCategory(units, access, deeds, ids),
        change_category=ChangeCategory(units, access, deeds, clock),
        remove_category=RemoveCategory(units, access, deeds, clock),
        search=Search(units, cards, access, clock),
        read_statistics=ReadStatistics(
            units, access, clock, FindSupporters(lambda: PostgresSocialUnitOfWork(engine), clock)
        ),
        read_broadcast_statistics=ReadBroadcastStatistics(units, access, clock, build_message_counts(engine)),
        list_own_channels=ListOwnChannels(units, access, clock),
        list_roles=ListRoles(units, access, cards),
        grant_role=GrantRole(units, access, people, names, cards, clock, ids),
        revoke_role=RevokeRole(units, access, names, clock, ids),
        list_all_channels=ListAllChannels(units, cards, access, clock),
    )


def build_channel_duties(engine: AsyncEngine, clock: Clock, ids: Ids) -> ChannelDuties:
    """For the worker role."""
    units = _units(engine)
    return ChannelDuties(
        EraseChannels(units, clock, ids), TakeRolesAway(units), TakeOwnersSuspension(units, clock, ids)
    )


def build_channel_cards(engine: AsyncEngine, clock: Clock) -> ChannelCards:
    """The facade other slices are given."""
    return FindChannelCards(_units(reading(engine)), build_person_cards(engine), clock)


def build_message_counts(engine: AsyncEngine) -> ChatMessageCounts:
    """What chat says of a channel's room, for the statistics of channels."""
    return CountMessages(lambda: PostgresChatUnitOfWork(engine))


def build_channel_personal_data(engine: AsyncEngine) -> PersonalData:
    """For the export of the accounts slice."""
    return ChannelPersonalData(_units(engine), build_deed_history(engine))


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresChannelUnitOfWork(engine)

    return unit_of_work
