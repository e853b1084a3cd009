"""Whoever is suspended goes off air and stays off it, and their channel is suspended with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.streaming.stage import CHANNEL, OTHER, OWNER, Stage

from cpc.kernel.errors import NotFound
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.contract import Suspended, Suspension
from livehouse.accounts.contract import AccountId, AccountName, AccountReinstated, AccountSuspended, Actor
from livehouse.channel.application.suspend_channel import TakeOwnersSuspension
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing import InMemoryChannelDatabase
from livehouse.processes.suspending_account import FollowAccountSuspensions
from livehouse.streaming.domain.broadcast import EndReason

NAME = AccountName("ada")


class _Owner:
    """`People` with one person, who may be suspended or gone."""

    def __init__(self) -> None:
        self.actor_now: Actor | None = OWNER

    async def actor(self, account_id: AccountId) -> Actor:
        if self.actor_now is None:
            raise NotFound("no-such-account", "There is no such account.")
        return self.actor_now


class World:
    def __init__(self) -> None:
        self.owner = _Owner()
        self.stage = Stage(people=self.owner)
        self.clock = self.stage.clock
        self.channels = InMemoryChannelDatabase()
        take = TakeOwnersSuspension(self.channels.unit_of_work, self.clock, UuidV7Ids(self.clock))
        self.follow = FollowAccountSuspensions(self.owner, take, self.stage.stop_broadcast)
        self.suspended = AccountSuspended(CHANNEL.owner_id, NAME, self.clock.now(), None)
        self.reinstated = AccountReinstated(CHANNEL.owner_id, NAME, self.clock.now())

    async def open(self) -> None:
        channel = Channel(CHANNEL.id, CHANNEL.owner_id, CHANNEL.name, "Painting", "", self.clock.now())
        async with self.channels.unit_of_work() as unit:
            assert await unit.channels.add(channel)

    def suspend(self, suspension: Suspension | None) -> None:
        self.owner.actor_now = replace(OWNER, suspension=suspension)

    async def channel(self) -> Channel:
        async with self.channels.unit_of_work() as unit:
            channel = await unit.channels.by_id(CHANNEL.id)
        assert channel is not None
        return channel


@pytest.fixture
async def world() -> World:
    world = World()
    await world.open()
    await world.stage.go_live()
    return world


async def test_a_suspended_owner_is_taken_off_air_and_cannot_return(world: World) -> None:
    stage = world.stage
    key = (await stage.create_stream_key(OWNER, "ada", "spare")).secret
    world.suspend(Suspension("spam", None))
    for _ in range(2):  # events come at least once
        await world.follow(world.suspended)
    assert await stage.broadcast() is None
    (ended,) = stage.database.tables.broadcasts.values()
    assert ended.end_reason is EndReason.ENDED_BY_ADMINISTRATOR
    assert stage.event_names().count("StreamEnded") == 1
    with pytest.raises(Suspended):
        await stage.open_ingest(key, "offer")


async def test_the_channel_is_suspended_for_as_long_as_its_owner(world: World) -> None:
    until = world.clock.now() + timedelta(days=1)
    before = await world.channel()
    world.suspend(Suspension("spam", until))
    for _ in range(2):
        await world.follow(world.suspended)
    channel = await world.channel()
    assert channel.suspension_at(world.clock.now()) == Suspension("spam", until)
    assert channel.suspension_at(until) is None
    assert channel.version == before.version + 1
    assert [event.type for event in world.channels.events] == ["livehouse.channel.ChannelChanged.v1"]
    world.suspend(None)
    for _ in range(2):
        await world.follow(world.reinstated)
    assert (await world.channel()).suspension_at(world.clock.now()) is None
    assert len(world.channels.events) == 2


async def test_what_an_event_told_late_says_is_not_what_counts(world: World) -> None:
    world.suspend(None)
    await world.follow(world.suspended)
    assert (await world.channel()).suspension_at(world.clock.now()) is None
    assert await world.stage.broadcast() is not None


async def test_the_channels_own_suspension_stays_when_its_owner_is_reinstated(world: World) -> None:
    own = Suspension("worse", None)
    channel = replace(await world.channel(), suspension=own)
    async with world.channels.unit_of_work() as unit:
        await unit.channels.save(channel)
    world.suspend(Suspension("spam", None))
    await world.follow(world.suspended)
    assert (await world.channel()).suspension_at(world.clock.now()) == own
    world.suspend(None)
    await world.follow(world.reinstated)
    assert (await world.channel()).suspension_at(world.clock.now()) == own


async def test_one_without_a_channel_or_gone_is_no_trouble(world: World) -> None:
    assert OTHER.account_id is not None
    world.suspend(Suspension("spam", None))
    await world.follow(AccountSuspended(OTHER.account_id, AccountName("bob"), world.clock.now(), None))
    world.owner.actor_now = None
    await world.follow(world.suspended)
    assert await world.stage.broadcast() is not None
