"""One suite for the storage in memory and in PostgreSQL."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.application.erase_streaming import EraseStreaming
from livehouse.streaming.application.ports import BroadcastAlreadyRunning, UnitOfWork
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState, EndReason, Picture
from livehouse.streaming.domain.sessions import (
    IngestSession,
    IngestSessionId,
    PlaybackSession,
    PlaybackSessionId,
)
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, StreamKeyId
from livehouse.streaming.testing import InMemoryStreamingDatabase

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = ChannelId(UUID(int=1)), ChannelId(UUID(int=2))
Units = Callable[[], UnitOfWork]


@pytest.fixture
def units(engine: AsyncEngine | None) -> Units:
    if engine is None:
        return InMemoryStreamingDatabase().unit_of_work
    return partial(PostgresStreamingUnitOfWork, engine)


def a_key(channel_id: ChannelId = ADA, digest: bytes = b"secret") -> StreamKey:
    return StreamKey(StreamKeyId(uuid4()), channel_id, "OBS", SecretDigest("a", digest), NOW)


def a_broadcast(channel_id: ChannelId = ADA, node_id: str = "node-a") -> Broadcast:
    return Broadcast(BroadcastId(uuid4()), channel_id, node_id, NOW)


def an_ingest(broadcast: Broadcast, key: StreamKey, digest: bytes = b"session") -> IngestSession:
    return IngestSession(
        IngestSessionId(uuid4()), broadcast.channel_id, broadcast.id, key.id, "node-a", digest, NOW
    )


async def test_keys_come_back_as_they_were(units: Units) -> None:
    key = a_key()
    async with units() as unit:
        await unit.stream_keys.add(key)
        await unit.stream_keys.add(a_key(BOB, b"other"))
    async with units() as unit:
        assert await unit.stream_keys.get(ADA, key.id) == key
        assert await unit.stream_keys.get(BOB, key.id) is None
        assert await unit.stream_keys.of_channel(ADA) == [key]
        wanted = [SecretDigest("a", b"secret"), SecretDigest("b", b"unknown")]
        assert await unit.stream_keys.by_digests(wanted) == [key]
        revoked = key.used(NOW).revoked(NOW + timedelta(hours=1))
        await unit.stream_keys.save(revoked)
    async with units() as unit:
        assert await unit.stream_keys.of_channel(ADA) == []
        assert await unit.stream_keys.get(ADA, key.id) == revoked


async def test_locked_key_waits_for_its_other_change(units: Units) -> None:
    """A key revoked while an encoder goes live with it stays revoked."""
    key = a_key()
    async with units() as unit:
        await unit.stream_keys.add(key)

    async def revoke() -> None:
        async with units() as unit:
            locked = await unit.stream_keys.get(ADA, key.id, lock=True)
            assert locked is not None
            await unit.stream_keys.save(locked.revoked(NOW))

    async with units() as unit:
        going_live = await unit.stream_keys.get(ADA, key.id, lock=True)
        assert going_live == key
        revoking = asyncio.create_task(revoke())
        done, _ = await asyncio.wait({revoking}, timeout=0.2)
        assert not done
        await unit.stream_keys.save(key.used(NOW))
    await revoking
    async with units() as unit:
        assert await unit.stream_keys.get(ADA, key.id) == key.used(NOW).revoked(NOW)


async def test_keys_nobody_can_use_and_nobody_used_are_forgotten(units: Units) -> None:
    later = NOW + timedelta(hours=1)
    usable, revoked, streamed_with = a_key(), a_key(digest=b"2").revoked(NOW), a_key(digest=b"3").revoked(NOW)
    expired = replace(a_key(digest=b"4"), expires_at=later)
    theirs = a_key(BOB, b"5").revoked(NOW)
    broadcast = a_broadcast()
    async with units() as unit:
        for key in (usable, revoked, streamed_with, expired, theirs):
            await unit.stream_keys.add(key)
        await unit.broadcasts.add(broadcast)
        await unit.ingest_sessions.add(an_ingest(broadcast, streamed_with))
    async with units() as unit:
        await unit.stream_keys.forget_unused(ADA, later)
    async with units() as unit:
        kept = [await unit.stream_keys.get(key.channel_id, key.id) for key in (usable, streamed_with, theirs)]
        assert kept == [usable, streamed_with, theirs]
        assert await unit.stream_keys.get(ADA, revoked.id) is None
        assert await unit.stream_keys.get(ADA, expired.id) is None


async def test_channel_has_one_running_broadcast(units: Units) -> None:
    first = a_broadcast()
    async with units() as unit:
        await unit.broadcasts.add(first)
        await unit.broadcasts.add(a_broadcast(BOB))
    with pytest.raises(BroadcastAlreadyRunning):
        async with units() as unit:
            await unit.broadcasts.add(a_broadcast())
    first.end(NOW, EndReason.ENDED_BY_OWNER)
    second = a_broadcast()
    async with units() as unit:
        await unit.broadcasts.save(first)
        await unit.broadcasts.add(second)
    async with units() as unit:
        assert await unit.broadcasts.running_of(ADA) == second
        assert await unit.broadcasts.running_of(ADA, lock=True) == second
        assert await unit.broadcasts.ended_since(NOW) == [first]
        assert await unit.broadcasts.ended_since(NOW + timedelta(seconds=1)) == []


async def test_broadcast_comes_back_as_it_was(units: Units) -> None:
    broadcast = a_broadcast()
    broadcast.media_flows(NOW)
    broadcast.picture = Picture("AV1", 640, 360)
    broadcast.count_viewers(3, NOW, timedelta())
    broadcast.media_stopped(NOW + timedelta(seconds=9), timedelta(seconds=2))
    async with units() as unit:
        await unit.broadcasts.add(broadcast)
    async with units() as unit:
        assert await unit.broadcasts.running() == [broadcast]


async def test_broadcasts_by_node_and_state(units: Units) -> None:
    offered, live, elsewhere = a_broadcast(), a_broadcast(BOB), a_broadcast(ChannelId(UUID(int=3)), "node-b")
    live.media_flows(NOW)
    async with units() as unit:
        for each in (offered, live, elsewhere):
            await unit.broadcasts.add(each)
    async with units() as unit:
        assert [each.id for each in await unit.broadcasts.running_on("node-a")] == [offered.id, live.id]
        assert [each.id for each in await unit.broadcasts.waiting()] == [offered.id, elsewhere.id]
        assert live.state is BroadcastState.LIVE


async def test_ingest_sessions(units: Units) -> None:
    broadcast, key = a_broadcast(), a_key()
    ingest = an_ingest(broadcast, key)
    async with units() as unit:
        await unit.stream_keys.add(key)
        await unit.broadcasts.add(broadcast)
        await unit.ingest_sessions.add(ingest)
    async with units() as unit:
        sessions = unit.ingest_sessions
        assert await sessions.by_digests([b"session", b"unknown"]) == [ingest]
        assert await sessions.by_digests([]) == []
        assert await sessions.open_of_broadcast(ADA, broadcast.id) == [ingest]
        assert await sessions.open_of_key(ADA, key.id) == [ingest]
        assert await sessions.open_of_key(BOB, key.id) == []
        await sessions.close([ingest], NOW)
        await sessions.close([ingest], NOW + timedelta(seconds=1))
    async with units() as unit:
        assert await unit.ingest_sessions.open_of_broadcast(ADA, broadcast.id) == []
        assert await unit.ingest_sessions.by_digests([b"session"]) == [ingest.closed(NOW)]


async def test_ingest_sessions_that_are_long_closed_are_forgotten_some_at_a_time(units: Units) -> None:
    broadcast, key = a_broadcast(), a_key()
    sessions = [an_ingest(broadcast, key, bytes([number])) for number in range(5)]
    async with units() as unit:
        await unit.stream_keys.add(key)
        await unit.broadcasts.add(broadcast)
        for number, session in enumerate(sessions):
            await unit.ingest_sessions.add(session)
            if number < 4:
                await unit.ingest_sessions.close([session], NOW + timedelta(hours=number))
    third = NOW + timedelta(hours=3)

    async def left() -> list[bytes]:
        async with units() as unit:
            found = await unit.ingest_sessions.by_digests([session.digest for session in sessions])
            return sorted(session.digest for session in found)

    for forgotten, kept in ((2, [2, 3, 4]), (1, [3, 4]), (0, [3, 4])):
        async with units() as unit:
            assert await unit.ingest_sessions.forget_closed_before(third, limit=2) == forgotten
        assert await left() == [bytes([number]) for number in kept]


async def test_playback_sessions_are_new_once(units: Units) -> None:
    broadcast = a_broadcast()

    def viewing(digest: bytes) -> PlaybackSession:
        account = AccountId(UUID(int=5))
        return PlaybackSession(PlaybackSessionId(uuid4()), ADA, broadcast.id, digest, account, NOW)

    async with units() as unit:
        await unit.broadcasts.add(broadcast)
        first = viewing(b"1")
        assert await unit.playback_sessions.add_new([first]) == [first]
    async with units() as unit:
        second = viewing(b"2")
        assert await unit.playback_sessions.add_new([viewing(b"1"), second]) == [second]
        assert await unit.playback_sessions.add_new([]) == []
        await unit.playback_sessions.forget_before(NOW + timedelta(seconds=1))
    async with units() as unit:
        again = viewing(b"1")
        assert await unit.playback_sessions.add_new([again]) == [again]


async def test_what_fails_leaves_nothing(units: Units) -> None:
    with pytest.raises(ZeroDivisionError):
        async with units() as unit:
            await unit.broadcasts.add(a_broadcast())
            raise ZeroDivisionError
    async with units() as unit:
        assert await unit.broadcasts.running() == []


async def test_nothing_of_an_erased_channel_is_left(units: Units) -> None:
    of_ada, of_bob = a_key(), a_key(BOB, b"other secret")
    ours, theirs = a_broadcast(), a_broadcast(BOB)
    viewer = PlaybackSession(PlaybackSessionId(uuid4()), ADA, ours.id, b"viewer", None, NOW)
    async with units() as unit:
        for key, broadcast, digest in ((of_ada, ours, b"ours"), (of_bob, theirs, b"theirs")):
            await unit.stream_keys.add(key)
            await unit.broadcasts.add(broadcast)
            await unit.ingest_sessions.add(an_ingest(broadcast, key, digest))
        await unit.playback_sessions.add_new([viewer])
    for _ in range(2):  # events come at least once
        await EraseStreaming(units)(ADA)
    async with units() as unit:
        assert await unit.stream_keys.of_channel(ADA) == []
        assert await unit.broadcasts.running_of(ADA) is None
        assert await unit.ingest_sessions.by_digests([b"ours"]) == []
        assert len(await unit.ingest_sessions.by_digests([b"theirs"])) == 1
        assert await unit.stream_keys.of_channel(BOB) == [of_bob]
        assert await unit.broadcasts.running_of(BOB) == theirs
