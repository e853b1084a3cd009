"""The social slice on PostgreSQL."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.contract import PersonalData
from livehouse.channel.contract import Channels
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.accounts import build_names, build_people
from livehouse.processes.parting import Parting
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application import SocialUseCases
from livehouse.social.application.find_supporters import FindSupporters
from livehouse.social.application.follow_channel import EndFollow, FollowChannel, UnfollowChannel
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.personal_data import SocialPersonalData
from livehouse.social.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.social.application.relationship import ReadRelationship


def build_social(engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids) -> SocialUseCases:
    units = _units(engine)
    access = build_access(engine, clock)
    people, names = build_people(engine, clock), build_names(engine)
    end_follow = EndFollow(units, clock, ids)
    return SocialUseCases(
        follow_channel=FollowChannel(units, channels, people, access, end_follow, clock, ids),
        unfollow_channel=UnfollowChannel(channels, access, end_follow),
        list_following=ListFollowing(units, channels, access),
        list_followers=ListFollowers(units, channels, names, access),
        count_followers=CountFollowers(units, channels, access),
        read_relationship=ReadRelationship(units, channels, access),
        find_supporters=FindSupporters(units),
    )


def build_parting(engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids) -> Parting:
    """For the worker role."""
    return Parting(channels, EndFollow(_units(engine), clock, ids))


def build_social_personal_data(engine: AsyncEngine, channels: Channels) -> PersonalData:
    """For the export of the accounts slice."""
    return SocialPersonalData(_units(engine), channels)


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresSocialUnitOfWork(engine)

    return unit_of_work
