"""A channel's page through the cache: as without it, for whom it is meant, never older than said."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import timedelta
from uuid import UUID

import pytest

from cpc.cache.cached_reads import CachedReads
from cpc.cache.testing import InMemoryCache, RecordedCounts
from cpc.images.image import ImageName
from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.contract import Suspended, Suspension
from livehouse.access.testing import access_for
from livehouse.accounts.application.queries import FindPersonCards
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor, PersonCard
from livehouse.accounts.domain.account import Account
from livehouse.accounts.testing import FakePersonCards, InMemoryAccountsDatabase
from livehouse.channel.application.cached_lists import CachedListChannels
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.queries import FindChannelWithBanner
from livehouse.channel.contract import Privacy
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing import InMemoryChannelDatabase
from livehouse.processes.reading_channel_page import FRESH_S, OFFLINE_FRESH_S, ReadChannelPage
from livehouse.streaming.application.queries import RunningBroadcast
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast
from livehouse.streaming.testing import InMemoryStreamingDatabase

ADA = AccountId(UUID(int=1))
PICTURE = ImageName("1" * 40)


class Stage:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.cache = InMemoryCache(self.clock)
        self.accounts, self.channels = InMemoryAccountsDatabase(), InMemoryChannelDatabase()
        self.streaming = InMemoryStreamingDatabase()
        self.counts = RecordedCounts()
        self.read = self.another_process()

    def another_process(self) -> ReadChannelPage:
        reads = CachedReads(self.cache, "channel", self.clock, self.counts, fresh_s=FRESH_S, stale_s=30)
        return ReadChannelPage(
            FindChannelWithBanner(self.channels.unit_of_work),
            RunningBroadcast(self.streaming.unit_of_work),
            FindPersonCards(self.accounts.unit_of_work),
            access_for(),
            self.clock,
            reads,
        )

    async def furnish(self) -> Channel:
        account = Account(ADA, AccountName("ada"), self.clock.now(), avatar=PICTURE, display_name="Ada")
        async with self.accounts.unit_of_work() as unit:
            await unit.accounts.add(account, "hash")
        create = CreateChannel(self.channels.unit_of_work, self.clock, UuidV7Ids(self.clock))
        return await create(ADA, AccountName("ada"))

    async def save(self, channel: Channel) -> None:
        async with self.channels.unit_of_work() as unit:
            await unit.channels.save(channel)


async def test_what_the_cache_gives_back_is_what_was_read() -> None:
    stage = Stage()
    channel = await stage.furnish()
    first, again = await stage.read(ANONYMOUS, "ADA"), await stage.another_process()(ANONYMOUS, "ada")
    assert astuple(first) == astuple(again)
    assert (first.channel, first.banner, first.broadcast) == (channel, None, None)
    assert first.owner == PersonCard(ADA, AccountName("ada"), PICTURE, "Ada")
    assert stage.counts.seen == ["miss", "hit"]


async def test_a_change_shows_at_once_where_it_is_told_and_soon_elsewhere() -> None:
    stage = Stage()
    channel = await stage.furnish()
    other = stage.another_process()
    await stage.read(ANONYMOUS, "ada")
    await stage.save(replace(channel, title="New", version=2))
    assert (await other(ANONYMOUS, "ada")).channel.title != "New"
    stage.clock.advance(timedelta(milliseconds=1))
    stage.read.forget("Ada")
    stage.clock.advance(timedelta(milliseconds=1))
    assert (await other(ANONYMOUS, "ada")).channel.title == "New"
    await stage.save(replace(channel, title="Newer", version=3))
    stage.clock.advance(timedelta(milliseconds=1))
    other.forget_by_id(str(channel.id))
    stage.clock.advance(timedelta(milliseconds=1))
    assert (await stage.read(ANONYMOUS, "ada")).channel.title == "Newer"


async def test_a_suspended_channel_is_refused_also_from_the_cache() -> None:
    stage = Stage()
    channel = await stage.furnish()
    await stage.save(replace(channel, suspension=Suspension("spam", None)))
    for _ in range(2):
        with pytest.raises(Suspended):
            await stage.read(ANONYMOUS, "ada")
    assert await stage.read(Actor(AccountId(UUID(int=9)), is_administrator=True), "ada")


async def test_while_it_is_live_it_is_read_anew_soon_and_otherwise_seldom() -> None:
    stage = Stage()
    channel = await stage.furnish()
    await stage.read(ANONYMOUS, "ada")
    stage.clock.advance(timedelta(seconds=OFFLINE_FRESH_S - 1))
    await stage.read(ANONYMOUS, "ada")
    async with stage.streaming.unit_of_work() as unit:
        await unit.broadcasts.add(
            Broadcast(BroadcastId(UUID(int=3)), channel.id, "node-a", stage.clock.now())
        )
    stage.read.forget("ada")
    stage.clock.advance(timedelta(milliseconds=1))
    assert (await stage.read(ANONYMOUS, "ada")).broadcast is not None
    stage.clock.advance(timedelta(seconds=FRESH_S))
    await stage.read(ANONYMOUS, "ada")
    assert stage.counts.seen == ["miss", "hit", "miss", "stale"]


@pytest.mark.parametrize("name", ["nobody", "not a name", "", "a" * 500])
async def test_what_is_not_there(name: str) -> None:
    with pytest.raises(NotFound):
        await Stage().read(ANONYMOUS, name)


async def test_what_another_version_left_in_the_cache_is_read_anew() -> None:
    stage = Stage()
    channel = await stage.furnish()
    await stage.read(ANONYMOUS, "ada")
    stage.cache.entries = {key: replace(entry, value=b"\xc1") for key, entry in stage.cache.entries.items()}
    assert (await stage.read(ANONYMOUS, "ada")).channel == channel


async def test_the_live_list_is_read_once_for_many() -> None:
    stage = Stage()
    channel = await stage.furnish()
    async with stage.channels.unit_of_work() as unit:
        await unit.directory.broadcast_started(channel.id, "brd_1", stage.clock.now())
    reads = CachedReads(stage.cache, "live", stage.clock, stage.counts, fresh_s=2, stale_s=10)
    listed = CachedListChannels(
        stage.channels.unit_of_work, FakePersonCards(), access_for(), stage.clock, reads
    )
    first = await listed(ANONYMOUS, live_only=True)
    assert [card.name.value for card in first.channels] == ["ada"]
    assert await listed(ANONYMOUS, live_only=True) is first
    assert stage.counts.seen == ["miss", "hit"]
    for _ in range(2):
        everything = await listed(ANONYMOUS)
        assert everything is await listed(Actor(ADA)), "the same for everybody"
    assert stage.counts.seen == ["miss", "hit", "miss", "hit", "hit", "hit"]
    await listed(ANONYMOUS, live_only=True, limit=5)
    await listed(ANONYMOUS, tag="sea")
    await listed(ANONYMOUS, language="en")
    assert stage.counts.seen[6:] == ["miss"] * 3

    stage.clock.advance(timedelta(milliseconds=1))
    assert await listed(ANONYMOUS) is everything
    async with stage.channels.unit_of_work() as unit:
        await unit.channels.save(replace(channel, privacy=Privacy.UNLISTED))
    listed.forget()
    assert not (await listed(ANONYMOUS)).channels
