"""The social slice on PostgreSQL, with payments settled by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.accounts.contract import PersonalData
from livehouse.channel.contract import Channels
from livehouse.main.wiring.access import build_access, build_standings
from livehouse.main.wiring.accounts import (
    build_deeds,
    build_names,
    build_people,
    build_person_cards,
)
from livehouse.main.wiring.channel import build_channel_cards
from livehouse.main.wiring.duties import again
from livehouse.main.wiring.persistence import reading
from livehouse.processes.parting import Parting
from livehouse.social.adapters.manual_payments import ManualPayments
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application import SocialUseCases
from livehouse.social.application.change_tiers import ChangeTier, CreateTier, ListTiers, WithdrawTier
from livehouse.social.application.find_hindrance import FindHindrance
from livehouse.social.application.follow_channel import EndFollow, FollowChannel, UnfollowChannel
from livehouse.social.application.grant_subscription import GrantSubscription
from livehouse.social.application.keep_subscriptions import EndSubscriptions, PassTime
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.list_subscriptions import ListPayments, ListSubscriptions, ListSupporters
from livehouse.social.application.personal_data import SocialPersonalData
from livehouse.social.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.social.application.relationship import ReadRelationship
from livehouse.social.application.remove_supporter import RemoveSupporter
from livehouse.social.application.settle_payment import ConfirmPayment, PaymentDesk, RefusePayment
from livehouse.social.application.subscribe import CancelSubscription, ChangeSubscription, TakeTier

_LOOK_FOR_DUE_S = 30.0


def build_social(
    engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids, *, shown: Channels | None = None
) -> SocialUseCases:
    """shown: channels as a page shows them, which may be seconds old; None: as `channels`."""
    units, looks = _units(engine), _units(reading(engine))
    access = build_access(engine, clock)
    people, names = build_people(engine, clock), build_names(engine)
    cards = build_person_cards(engine)
    end_follow = EndFollow(units, clock, ids)
    payments = ManualPayments()
    ledger = _ledger(engine, channels, clock, ids)
    deeds = build_deeds(engine, clock, ids)
    desk = PaymentDesk(units, payments, ledger, deeds, clock)
    return SocialUseCases(
        follow_channel=FollowChannel(units, channels, people, access, end_follow, clock, ids),
        unfollow_channel=UnfollowChannel(channels, access, end_follow),
        list_following=ListFollowing(looks, build_channel_cards(engine, clock), access),
        list_followers=ListFollowers(units, channels, cards, access),
        count_followers=CountFollowers(units, channels, access),
        read_relationship=ReadRelationship(
            looks, shown or channels, build_standings(engine, clock), access, clock
        ),
        list_tiers=ListTiers(units, channels, access),
        create_tier=CreateTier(units, channels, access, clock, ids),
        change_tier=ChangeTier(units, channels, access),
        withdraw_tier=WithdrawTier(units, channels, access, clock),
        take_tier=TakeTier(units, channels, people, access, ledger, clock),
        change_subscription=ChangeSubscription(units, channels, people, access, ledger, clock),
        cancel_subscription=CancelSubscription(units, channels, people, access, ledger, clock),
        list_subscriptions=ListSubscriptions(units, channels, cards, access, clock),
        list_supporters=ListSupporters(units, channels, cards, access, clock),
        grant_subscription=GrantSubscription(units, channels, people, names, access, ledger, deeds, clock),
        remove_supporter=RemoveSupporter(units, channels, names, access, ledger, deeds, clock),
        list_payments=ListPayments(units, channels, cards, access),
        confirm_payment=ConfirmPayment(desk, channels, access),
        refuse_payment=RefusePayment(desk, channels, access),
    )


def build_parting(engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids) -> Parting:
    """For the worker role."""
    units = _units(engine)
    end_subscriptions = EndSubscriptions(units, _ledger(engine, channels, clock, ids), clock)
    return Parting(channels, EndFollow(units, clock, ids), end_subscriptions)


def build_pass_time(engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids) -> PassTime:
    return PassTime(_units(engine), _ledger(engine, channels, clock, ids), clock)


def build_social_duties(
    engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    pass_time = build_pass_time(engine, channels, clock, ids)
    return {"paid subscriptions": lambda: again(pass_time, _LOOK_FOR_DUE_S)}


def build_social_personal_data(engine: AsyncEngine, channels: Channels, clock: Clock) -> PersonalData:
    """For the export of the accounts slice."""
    return SocialPersonalData(_units(engine), channels, clock)


def _ledger(engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids) -> Ledger:
    return Ledger(ManualPayments(), FindHindrance(build_people(engine, clock), channels), ids)


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresSocialUnitOfWork(engine)

    return unit_of_work
