"""The node's cache as web processes use it: changes made through one are seen through another by their events
alone, on real PostgreSQL, NATS and LMDB. The clock stands still but for what tests say: nothing grows old.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.cache.cached_reads import CachedReads
from cpc.cache.lmdb_cache import LmdbCache
from cpc.cache.ports import Entry
from cpc.cache.testing import RecordedCounts
from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.clock import FakeClock
from cpc.kernel.ending_tasks import end_all
from cpc.kernel.errors import Moved
from cpc.kernel.ids import UuidV7Ids
from cpc.social_integration.events import StreamEnded, StreamStarted
from livehouse.access.contract import Suspended
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application import SettingsChange, cached_lists
from livehouse.channel.contract import Privacy
from livehouse.channel.domain.channel import Channel
from livehouse.main.wiring.cache import build_list_reads, build_read_channel_page, forget_by_events
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.channel_life import build_account_suspensions
from livehouse.main.wiring.eventbus import build_event_duties
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.social import build_parting
from livehouse.main.wiring.streaming import build_stop_broadcast
from livehouse.processes.reading_channel_page import OFFLINE_FRESH_S, STALE_S
from livehouse.streaming.contract import BroadcastId

pytestmark = pytest.mark.integration

ADMINISTRATOR = Actor(AccountId(uuid4()), is_administrator=True)


class WebProcess:
    """What one has of it: a cache in a folder of its own, and a connection by which it hears of events."""

    def __init__(self, engine: AsyncEngine, clock: FakeClock, folder: Path, max_bytes: int = 2**24) -> None:
        self.cache = LmdbCache(folder, max_bytes)
        self.pages, self.lists = RecordedCounts(), RecordedCounts()
        self.read_page = build_read_channel_page(engine, clock, self.cache, self.pages)
        list_reads: CachedReads = build_list_reads(self.cache, clock, self.lists)
        self.channel = build_channel(engine, clock, UuidV7Ids(clock), list_reads=list_reads)

    async def title(self, name: str) -> str:
        return (await self.read_page(ANONYMOUS, name)).channel.title

    async def live(self) -> list[str]:
        page = await self.channel.list_channels(ANONYMOUS, live_only=True)
        return [card.name.value for card in page.channels]

    async def listed(self) -> list[str]:
        """All channels."""
        page = await self.channel.list_channels(ANONYMOUS)
        return [card.name.value for card in page.channels]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = build_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def connect(nats_url: str) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    opened: list[Client] = []

    async def connect() -> Client:
        opened.append(await nats.connect(nats_url))
        return opened[-1]

    yield connect
    for connection in opened:
        await connection.close()


@pytest.fixture
async def web(
    engine: AsyncEngine, clock: FakeClock, connect: Callable[[], Awaitable[Client]], tmp_path: Path
) -> AsyncIterator[tuple[WebProcess, WebProcess]]:
    """Two of them on two nodes, and a worker that sends what happens."""
    processes = WebProcess(engine, clock, tmp_path / "one"), WebProcess(engine, clock, tmp_path / "two")
    for process in processes:
        connection = await connect()
        await forget_by_events(connection, process.read_page, process.channel.list_channels)
        await connection.flush()
    channel, connection, ids = processes[0].channel, await connect(), UuidV7Ids(clock)
    stop = build_stop_broadcast(engine, channel.find_channels, connection, clock, ids)
    duties = build_event_duties(
        engine,
        connection,
        channel.manager.create,
        build_account_suspensions(engine, stop, clock, ids),
        build_parting(engine, channel.find_channels, clock, ids),
    )
    tasks = [asyncio.ensure_future(duty()) for duty in duties.values()]
    yield processes
    assert not any(task.done() for task in tasks)
    await end_all(tasks)
    for process in processes:
        process.cache.close()


@pytest.fixture
async def ada(web: tuple[WebProcess, WebProcess]) -> Channel:
    return await web[0].channel.manager.create(AccountId(uuid4()), AccountName("ada"))


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.02)


async def is_kept(read: Callable[[], Awaitable[object]], counts: RecordedCounts, clock: FakeClock) -> None:
    """It is answered from the cache, and hardly an event that would have it forgotten is on the way."""
    counts.seen.clear()

    async def is_answered_from_it() -> bool:
        clock.advance(timedelta(milliseconds=1))  # what was given up in this millisecond is not kept
        await read()
        return counts.seen[-20:] == ["hit"] * 20

    await until(is_answered_from_it)
    counts.seen.clear()


async def test_a_change_is_seen_elsewhere_by_its_event(
    web: tuple[WebProcess, WebProcess], ada: Channel, clock: FakeClock
) -> None:
    here, there = web
    await is_kept(lambda: there.title("ada"), there.pages, clock)
    owner = Actor(ada.owner_id)
    await here.channel.change_channel(owner, "ada", SettingsChange(title="Painting the sea"))

    async def is_seen() -> bool:
        return await there.title("ada") == "Painting the sea"

    await until(is_seen)
    assert "miss" in there.pages.seen
    assert "stale" not in there.pages.seen


async def test_a_new_name_and_a_suspension_are_seen_elsewhere_by_their_events(
    web: tuple[WebProcess, WebProcess], ada: Channel, clock: FakeClock
) -> None:
    here, there = web
    await is_kept(lambda: there.title("ada"), there.pages, clock)
    await here.channel.manager.take_account_name(ada.owner_id, AccountName("lovelace"), clock.now())

    async def has_moved() -> bool:
        try:
            await there.read_page(ANONYMOUS, "ada")
        except Moved as moved:
            return moved.now_called == "lovelace"
        return False

    await until(has_moved)
    await is_kept(lambda: there.title("lovelace"), there.pages, clock)
    await here.channel.manager.suspend(ADMINISTRATOR, "lovelace", reason="spam", until=None)

    async def is_refused() -> bool:
        try:
            await there.read_page(ANONYMOUS, "lovelace")
        except Suspended:
            return True
        return False

    await until(is_refused)
    await here.channel.manager.reinstate(ADMINISTRATOR, "lovelace", reason="a mistake")

    async def is_back() -> bool:
        return not await is_refused()

    await until(is_back)


async def test_what_is_live_is_seen_everywhere_by_its_events(
    web: tuple[WebProcess, WebProcess], ada: Channel, engine: AsyncEngine, clock: FakeClock
) -> None:
    async def show(names: list[str]) -> bool:
        clock.advance(timedelta(milliseconds=1))
        return [await process.live() for process in web] == [names, names]

    now = clock.now()
    broadcast_id = str(BroadcastId(uuid4()))
    events: tuple[tuple[StreamStarted | StreamEnded, list[str]], ...] = (
        (StreamStarted(str(ada.id), broadcast_id, "ada", "Painting", now), ["ada"]),
        (StreamEnded(str(ada.id), broadcast_id, now, now), []),
    )
    for event, names in events:
        for process in web:
            await is_kept(process.live, process.lists, clock)
            assert await process.live() != names
        async with PostgresTransaction(engine) as transaction:
            transaction.outbox.publish(event.to_cloud_event(event_id=uuid4(), time=now))
        await until(lambda names=names: show(names))  # type: ignore[misc]
        for process in web:
            assert "stale" not in process.lists.seen


async def test_what_is_hidden_leaves_the_lists_of_other_processes_by_its_event(
    web: tuple[WebProcess, WebProcess], ada: Channel, clock: FakeClock
) -> None:
    here, there = web
    owner, change = Actor(ada.owner_id), here.channel.change_channel

    async def suspend() -> object:
        return await here.channel.manager.suspend(ADMINISTRATOR, "ada", reason="spam", until=None)

    async def reinstate() -> object:
        return await here.channel.manager.reinstate(ADMINISTRATOR, "ada", reason="a mistake")

    async def unlist() -> object:
        return await change(owner, "ada", SettingsChange(privacy=Privacy.UNLISTED))

    async def list_again() -> object:
        return await change(owner, "ada", SettingsChange(privacy=Privacy.PUBLIC))

    await until(lambda: _is(there.listed, ["ada"], clock))
    for step, names in ((suspend, []), (reinstate, ["ada"]), (unlist, []), (list_again, ["ada"])):
        await is_kept(there.listed, there.lists, clock)
        assert await there.listed() != names
        await step()
        await until(lambda names=names: _is(there.listed, names, clock))  # type: ignore[misc]
        assert "stale" not in there.lists.seen, "it was old, not forgotten"


async def test_many_events_forget_the_lists_so_often_and_the_last_one_does(
    web: tuple[WebProcess, WebProcess], ada: Channel, clock: FakeClock
) -> None:
    here, there = web
    await until(lambda: _is(there.listed, ["ada"], clock))
    await is_kept(there.listed, there.lists, clock)
    owner = Actor(ada.owner_id)
    for number in range(30):
        await here.channel.change_channel(owner, "ada", SettingsChange(title=f"Title {number}"))
    await here.channel.change_channel(owner, "ada", SettingsChange(privacy=Privacy.UNLISTED))
    await until(lambda: _is(there.listed, [], clock))
    assert "stale" not in there.lists.seen


async def _is(listed: Callable[[], Awaitable[list[str]]], names: list[str], clock: FakeClock) -> bool:
    clock.advance(timedelta(milliseconds=1))
    return await listed() == names


@pytest.fixture
async def deaf(engine: AsyncEngine, clock: FakeClock, tmp_path: Path) -> AsyncIterator[WebProcess]:
    """One that no event reaches, as while NATS is away."""
    process = WebProcess(engine, clock, tmp_path / "deaf")
    yield process
    process.cache.close()


async def test_a_page_that_is_old_is_served_at_once_and_read_anew_behind(
    deaf: WebProcess, engine: AsyncEngine, clock: FakeClock
) -> None:
    channel = await deaf.channel.manager.create(AccountId(uuid4()), AccountName("ada"))
    change, owner = deaf.channel.change_channel, Actor(channel.owner_id)
    before = await deaf.title("ada")
    await change(owner, "ada", SettingsChange(title="New"))
    assert await deaf.title("ada") == before
    clock.advance(timedelta(seconds=OFFLINE_FRESH_S))
    assert await deaf.title("ada") == before

    async def is_new() -> bool:
        return await deaf.title("ada") == "New"

    await until(is_new)
    assert deaf.pages.seen[:3] == ["miss", "hit", "stale"]
    assert "miss" not in deaf.pages.seen[1:]

    await change(owner, "ada", SettingsChange(title="Newer"))
    clock.advance(timedelta(seconds=STALE_S))
    assert await deaf.title("ada") == "Newer", "one that is too old is waited for"


async def test_a_live_list_that_is_old_is_served_at_once_and_read_anew_behind(
    deaf: WebProcess, engine: AsyncEngine, clock: FakeClock
) -> None:
    channel = await deaf.channel.manager.create(AccountId(uuid4()), AccountName("ada"))
    assert await deaf.live() == []
    async with PostgresChannelUnitOfWork(engine) as unit:
        await unit.directory.broadcast_started(channel.id, str(BroadcastId(uuid4())), clock.now())
    assert await deaf.live() == []
    clock.advance(timedelta(seconds=cached_lists.FRESH_S))
    assert await deaf.live() == []

    async def is_new() -> bool:
        return await deaf.live() == ["ada"]

    await until(is_new)
    assert deaf.lists.seen[:3] == ["miss", "hit", "stale"]
    assert "miss" not in deaf.lists.seen[1:]


async def test_a_cache_that_is_full_or_was_another_version_s_gives_no_wrong_answer(
    engine: AsyncEngine, clock: FakeClock, tmp_path: Path
) -> None:
    process = WebProcess(engine, clock, tmp_path / "small", max_bytes=2**17)
    titles = {}
    for number in range(5):
        name = f"person_{number}"
        channel = await process.channel.manager.create(AccountId(uuid4()), AccountName(name))
        titles[name] = f"Channel {number}"
        await process.channel.change_channel(
            Actor(channel.owner_id), name, SettingsChange(title=titles[name])
        )
    for number in range(400):
        was_kept = process.cache.put(b"page %d" % number, Entry(1, b"x" * 1500))
        assert was_kept or number > 0
        clock.advance(timedelta(milliseconds=1))
        name = f"person_{number % 5}"
        assert await process.title(name) == titles[name]
    assert process.cache.get(b"page 0") is None, "it was never full"
    assert process.pages.seen.count("hit") > 200
    assert (tmp_path / "small" / "data.mdb").stat().st_size <= 2**17

    key = b"channel\0person_0"
    for left_behind in (b"", b"\xc1", b"\x80", b"{}", b"\x94\x01\x02\x03\x04"):
        clock.advance(timedelta(milliseconds=1))
        assert process.cache.put(key, Entry(int(clock.now().timestamp() * 1000), left_behind))
        for _ in range(2):
            assert await process.title("person_0") == titles["person_0"]
    process.cache.close()
