"""The worker's wiring: what other slices publish reaches the directory and completes openings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.eventbus.worker import running

from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import UuidV7Ids
from cpc.social_integration.events import StreamEnded, StreamStarted
from livehouse.accounts.contract import (
    ANONYMOUS,
    AccountErased,
    AccountId,
    AccountName,
    AccountOpened,
    Actor,
    PersonBlocked,
)
from livehouse.channel.application import ChannelUseCases, SettingsChange
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.channel_life import build_account_suspensions
from livehouse.main.wiring.eventbus import build_event_duties
from livehouse.main.wiring.social import build_parting, build_social
from livehouse.main.wiring.streaming import build_stop_broadcast
from livehouse.streaming.contract import BroadcastId, BroadcastViewersCounted

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def channel(engine: AsyncEngine) -> ChannelUseCases:
    clock = FakeClock()
    return build_channel(engine, clock, UuidV7Ids(clock))


@pytest.fixture
async def worker(
    engine: AsyncEngine, nats_connection: Client, channel: ChannelUseCases
) -> AsyncIterator[None]:
    clock = FakeClock()
    stop = build_stop_broadcast(engine, channel.find_channels, nats_connection, clock, UuidV7Ids(clock))
    suspensions = build_account_suspensions(engine, stop, clock, UuidV7Ids(clock))
    parting = build_parting(engine, channel.find_channels, clock, UuidV7Ids(clock))
    duties = build_event_duties(engine, nats_connection, channel.manager.create, suspensions, parting)
    async with running(duties):
        yield


@pytest.mark.usefixtures("worker")
async def test_an_opening_cut_short_is_completed(engine: AsyncEngine, channel: ChannelUseCases) -> None:
    opened = AccountOpened(AccountId(uuid4()), AccountName("ada"), NOW)
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(opened.to_cloud_event(event_id=uuid4(), time=NOW))
    async with asyncio.timeout(30):
        while True:
            try:
                made = await channel.channel_by_name(ANONYMOUS, "ada")
                break
            except NotFound:
                await asyncio.sleep(0.02)
    assert made.owner_id == opened.account_id


@pytest.mark.usefixtures("worker")
async def test_the_directory_follows_broadcasts(engine: AsyncEngine, channel: ChannelUseCases) -> None:
    ada = await channel.manager.create(AccountId(uuid4()), AccountName("ada"))
    broadcast_id = BroadcastId(uuid4())
    started = StreamStarted(str(ada.id), str(broadcast_id), "ada", "Painting", NOW)
    counted = BroadcastViewersCounted(ada.id, broadcast_id, 7, NOW)
    ended = StreamEnded(str(ada.id), str(broadcast_id), NOW, NOW)
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(started.to_cloud_event(event_id=uuid4(), time=NOW))
        transaction.outbox.publish(counted.to_cloud_event(event_id=uuid4(), time=NOW))
    await _until_live(channel, [("ada", 7)])
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(ended.to_cloud_event(event_id=uuid4(), time=NOW))
    await _until_live(channel, [])


@pytest.mark.usefixtures("worker")
async def test_a_live_channel_that_changes_and_its_statistics(
    engine: AsyncEngine, channel: ChannelUseCases
) -> None:
    owner = Actor(AccountId(uuid4()))
    ada = await channel.manager.create(owner.require_account(), AccountName("ada"))
    broadcast_id = str(BroadcastId(uuid4()))
    started = StreamStarted(str(ada.id), broadcast_id, "ada", "Painting", NOW)
    ended = StreamEnded(str(ada.id), broadcast_id, NOW, NOW + timedelta(hours=1))
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(started.to_cloud_event(event_id=uuid4(), time=NOW))
    await _until_live(channel, [("ada", 0)])
    await channel.change_channel(owner, "ada", SettingsChange(category="art"))
    await _until_live(channel, [("ada", 0)], category="art")
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(ended.to_cloud_event(event_id=uuid4(), time=NOW))
    async with asyncio.timeout(30):
        while True:
            if (await channel.read_statistics(ANONYMOUS, "ada")).streamed == timedelta(hours=1):
                break
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("worker")
async def test_a_block_and_an_erasure_end_follows(engine: AsyncEngine, channel: ChannelUseCases) -> None:
    clock = FakeClock()
    social = build_social(engine, channel.find_channels, clock, UuidV7Ids(clock))
    ada = await channel.manager.create(AccountId(uuid4()), AccountName("ada"))
    blocked, erased, stays = (Actor(AccountId(uuid4())) for _ in range(3))
    for follower in (blocked, erased, stays):
        await social.follow_channel(follower, "ada")
    block = PersonBlocked(ada.owner_id, blocked.require_account(), NOW)
    erasure = AccountErased(erased.require_account(), AccountName("gone"), NOW)
    async with PostgresTransaction(engine) as transaction:
        transaction.outbox.publish(block.to_cloud_event(event_id=uuid4(), time=NOW))
        transaction.outbox.publish(erasure.to_cloud_event(event_id=uuid4(), time=NOW))
    async with asyncio.timeout(30):
        while True:
            if await social.count_followers(ANONYMOUS, "ada") == 1:
                break
            await asyncio.sleep(0.02)
    assert (await social.read_relationship(stays, "ada")).follow is not None


async def _until_live(
    channel: ChannelUseCases, expected: list[tuple[str, int]], category: str | None = None
) -> None:
    async with asyncio.timeout(30):
        while True:
            page = await channel.list_channels(ANONYMOUS, live_only=True, category=category)
            if [(card.name.value, card.viewers) for card in page.channels] == expected:
                return
            await asyncio.sleep(0.02)
