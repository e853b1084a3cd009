"""In-memory streaming for tests; the repositories pass the same suite as the PostgreSQL ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cpc.eventbus.testing import InMemoryDatabase, InMemoryTables, InMemoryTransaction
from cpc.kernel.errors import Conflict, Forbidden, NotFound, PreconditionFailed, Unavailable
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.ports import (
    BroadcastAlreadyRunning,
    HealthSample,
    LiveState,
    SessionAnswer,
    SessionPatch,
)
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState
from livehouse.streaming.domain.sessions import IngestSession, PlaybackSession, SessionAddress
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, StreamKeyId


@dataclass(slots=True)
class _Tables(InMemoryTables):
    stream_keys: dict[StreamKeyId, StreamKey] = field(default_factory=dict)
    broadcasts: dict[BroadcastId, Broadcast] = field(default_factory=dict)
    ingest_sessions: dict[bytes, IngestSession] = field(default_factory=dict)
    playback_sessions: dict[bytes, PlaybackSession] = field(default_factory=dict)


class InMemoryStreamKeys:
    def __init__(
        self, keys: dict[StreamKeyId, StreamKey], ingest_sessions: dict[bytes, IngestSession]
    ) -> None:
        self._keys = keys
        self._ingest_sessions = ingest_sessions

    async def claim(self, channel_id: ChannelId) -> None:
        """Units of work run one after the other anyway."""

    async def add(self, key: StreamKey) -> None:
        self._keys[key.id] = key

    async def save(self, key: StreamKey) -> None:
        if key.id in self._keys:
            self._keys[key.id] = key

    async def get(
        self, channel_id: ChannelId, key_id: StreamKeyId, *, lock: bool = False
    ) -> StreamKey | None:
        key = self._keys.get(key_id)
        return key if key is not None and key.channel_id == channel_id else None

    async def of_channel(self, channel_id: ChannelId) -> list[StreamKey]:
        mine = [key for key in self._keys.values() if key.channel_id == channel_id and not key.revoked_at]
        return sorted(mine, key=lambda key: (key.created_at, key.id))

    async def by_digests(self, digests: Sequence[SecretDigest]) -> list[StreamKey]:
        wanted = {each.digest for each in digests}
        return [key for key in self._keys.values() if key.secret.digest in wanted]

    async def forget_unused(self, channel_id: ChannelId, now: datetime) -> None:
        used = {session.stream_key_id for session in self._ingest_sessions.values()}
        for key in list(self._keys.values()):
            if key.channel_id == channel_id and not key.is_usable(now) and key.id not in used:
                del self._keys[key.id]

    async def erase_channel(self, channel_id: ChannelId) -> None:
        for digest in [key for key, one in self._ingest_sessions.items() if one.channel_id == channel_id]:
            del self._ingest_sessions[digest]
        for key_id in [key_id for key_id, one in self._keys.items() if one.channel_id == channel_id]:
            del self._keys[key_id]


class InMemoryBroadcasts:
    def __init__(
        self, broadcasts: dict[BroadcastId, Broadcast], playback_sessions: dict[bytes, PlaybackSession]
    ) -> None:
        self._broadcasts = broadcasts
        self._playback_sessions = playback_sessions

    async def erase_channel(self, channel_id: ChannelId) -> None:
        for digest in [key for key, one in self._playback_sessions.items() if one.channel_id == channel_id]:
            del self._playback_sessions[digest]
        for broadcast_id in [key for key, one in self._broadcasts.items() if one.channel_id == channel_id]:
            del self._broadcasts[broadcast_id]

    async def add(self, broadcast: Broadcast) -> None:
        if await self.running_of(broadcast.channel_id) is not None:
            raise BroadcastAlreadyRunning(str(broadcast.channel_id))
        self._broadcasts[broadcast.id] = replace(broadcast)

    async def save(self, broadcast: Broadcast) -> None:
        if broadcast.id in self._broadcasts:
            self._broadcasts[broadcast.id] = replace(broadcast)

    async def running_of(self, channel_id: ChannelId, *, lock: bool = False) -> Broadcast | None:
        return next((each for each in await self.running() if each.channel_id == channel_id), None)

    async def running_on(self, node_id: str) -> list[Broadcast]:
        return [each for each in await self.running() if each.node_id == node_id]

    async def waiting(self) -> list[Broadcast]:
        states = (BroadcastState.OFFERED, BroadcastState.INTERRUPTED)
        return [each for each in await self.running() if each.state in states]

    async def running(self) -> list[Broadcast]:
        running = [replace(each) for each in self._broadcasts.values() if each.is_running]
        return sorted(running, key=lambda each: each.channel_id)

    async def ended_since(self, at: datetime) -> list[Broadcast]:
        ended = [replace(each) for each in self._broadcasts.values() if each.ended_at and each.ended_at >= at]
        return sorted(ended, key=lambda each: each.ended_at or at)


class InMemoryIngestSessions:
    def __init__(self, sessions: dict[bytes, IngestSession]) -> None:
        self._sessions = sessions

    async def add(self, session: IngestSession) -> None:
        self._sessions[session.digest] = session

    async def by_digests(self, digests: Collection[bytes]) -> list[IngestSession]:
        return [self._sessions[digest] for digest in digests if digest in self._sessions]

    async def open_of_broadcast(
        self, channel_id: ChannelId, broadcast_id: BroadcastId
    ) -> list[IngestSession]:
        return [
            each
            for each in self._open()
            if (each.channel_id, each.broadcast_id) == (channel_id, broadcast_id)
        ]

    async def open_of_key(self, channel_id: ChannelId, key_id: StreamKeyId) -> list[IngestSession]:
        return [
            each for each in self._open() if (each.channel_id, each.stream_key_id) == (channel_id, key_id)
        ]

    async def close(self, sessions: Sequence[IngestSession], at: datetime) -> None:
        for session in sessions:
            self._sessions[session.digest] = self._sessions[session.digest].closed(at)

    def _open(self) -> list[IngestSession]:
        opened = [each for each in self._sessions.values() if each.is_open]
        return sorted(opened, key=lambda each: (each.opened_at, each.id))

    async def forget_closed_before(self, at: datetime, *, limit: int) -> int:
        closed = [
            (one.closed_at, digest) for digest, one in self._sessions.items() if one.closed_at is not None
        ]
        oldest = sorted(one for one in closed if one[0] < at)[:limit]
        for _, digest in oldest:
            del self._sessions[digest]
        return len(oldest)


class InMemoryPlaybackSessions:
    def __init__(self, sessions: dict[bytes, PlaybackSession]) -> None:
        self._sessions = sessions

    async def add_new(self, sessions: Sequence[PlaybackSession]) -> list[PlaybackSession]:
        new = [session for session in sessions if session.digest not in self._sessions]
        self._sessions.update({session.digest: session for session in new})
        return new

    async def forget_before(self, at: datetime) -> None:
        for digest in [digest for digest, each in self._sessions.items() if each.joined_at < at]:
            del self._sessions[digest]


class InMemoryStreamingDatabase(InMemoryDatabase[_Tables]):
    """Give `database.unit_of_work` where a `UnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        super().__init__(_Tables())

    def unit_of_work(self) -> InMemoryStreamingUnitOfWork:
        return InMemoryStreamingUnitOfWork(self)


class InMemoryStreamingUnitOfWork(InMemoryTransaction[_Tables]):
    @property
    def stream_keys(self) -> InMemoryStreamKeys:
        return InMemoryStreamKeys(self._tables.stream_keys, self._tables.ingest_sessions)

    @property
    def broadcasts(self) -> InMemoryBroadcasts:
        return InMemoryBroadcasts(self._tables.broadcasts, self._tables.playback_sessions)

    @property
    def ingest_sessions(self) -> InMemoryIngestSessions:
        return InMemoryIngestSessions(self._tables.ingest_sessions)

    @property
    def playback_sessions(self) -> InMemoryPlaybackSessions:
        return InMemoryPlaybackSessions(self._tables.playback_sessions)


@dataclass(slots=True)
class _FakeSession:
    channel_id: ChannelId
    is_ingest: bool
    etag: str = '"1"'
    tag: str | None = None


@dataclass(slots=True)
class FakeMediaRouter:
    """Media nodes that take every offer. `flowing`: channels whose ingest sends media; `is_away`: none
    answers."""

    sessions: dict[str, _FakeSession] = field(default_factory=dict)
    flowing: set[ChannelId] = field(default_factory=set)
    is_away: bool = False

    async def open_ingest(
        self, address: SessionAddress, channel_id: ChannelId, offer: str, *, takeover: bool
    ) -> SessionAnswer:
        self._answer()
        if channel_id in self.flowing and not takeover:
            raise Conflict("already-live", "Media of another session flows.")
        self._drop(channel_id, ingests_only=True)
        self.sessions[address.token] = _FakeSession(channel_id, is_ingest=True)
        return SessionAnswer("v=0\r\n", '"1"')

    async def open_playback(
        self,
        address: SessionAddress,
        channel_id: ChannelId,
        offer: str,
        *,
        tag: str | None,
        limit: int | None = None,
    ) -> SessionAnswer:
        self._answer()
        of_tag = [each for each in self._viewers_of(channel_id).values() if each.tag == tag]
        if limit is not None and len(of_tag) >= limit:
            raise Forbidden("too-many-viewings", "Too many at once.")
        if not any(each.is_ingest and each.channel_id == channel_id for each in self.sessions.values()):
            raise Conflict("not-live", "Nothing was ever sent to this room.")
        self.sessions[address.token] = _FakeSession(channel_id, is_ingest=False, tag=tag)
        return SessionAnswer("v=0\r\n", '"1"')

    async def patch_session(
        self, address: SessionAddress, sdpfrag: str, *, if_match: Sequence[str]
    ) -> SessionPatch:
        self._answer()
        session = self.sessions.get(address.token)
        if session is None:
            raise NotFound("no-such-session", "There is no such session.")
        if "*" in if_match:
            session.etag = f'"{int(session.etag.strip(chr(34))) + 1}"'
            return SessionPatch("a=ice-ufrag:new\r\n", session.etag)
        if session.etag not in if_match:
            raise PreconditionFailed("etag-stale", "The ICE session has changed.")
        return SessionPatch()

    async def close_session(self, address: SessionAddress) -> bool:
        self._answer()
        return self.sessions.pop(address.token, None) is not None

    async def close_ingest(self, node_id: str, channel_id: ChannelId, digest: bytes) -> bool:
        self._answer()
        tokens = [token for token in self.sessions if SessionAddress(node_id, token).digest == digest]
        for token in tokens:
            del self.sessions[token]
        return bool(tokens)

    async def viewers(self, node_id: str, channel_id: ChannelId) -> Collection[str | None]:
        self._answer()
        return {each.tag for each in self._viewers_of(channel_id).values()}

    async def close_viewers(self, node_id: str, channel_id: ChannelId, tags: Collection[str | None]) -> None:
        self._answer()
        for token, session in self._viewers_of(channel_id).items():
            if session.tag in tags:
                del self.sessions[token]

    def _viewers_of(self, channel_id: ChannelId) -> dict[str, _FakeSession]:
        return {
            token: each
            for token, each in self.sessions.items()
            if not each.is_ingest and each.channel_id == channel_id
        }

    async def close_room(self, node_id: str, channel_id: ChannelId) -> None:
        self._answer()
        self._drop(channel_id, ingests_only=False)

    def _drop(self, channel_id: ChannelId, *, ingests_only: bool) -> None:
        for token, session in list(self.sessions.items()):
            if session.channel_id == channel_id and (session.is_ingest or not ingests_only):
                del self.sessions[token]

    def _answer(self) -> None:
        if self.is_away:
            raise Unavailable("media-node-away", "The media node does not answer.")


@dataclass(slots=True)
class FakeMediaNodes:
    running: list[str] = field(default_factory=lambda: ["node-a"])

    async def choose(self, preferred: str | None = None) -> str:
        if not self.running:
            raise Unavailable("no-media-node", "No media node runs.")
        return preferred if preferred in self.running else self.running[0]


@dataclass(slots=True)
class RecordingLiveStates:
    published: list[LiveState] = field(default_factory=list)

    async def publish(self, state: LiveState) -> None:
        self.published.append(state)


@dataclass(slots=True)
class FakeHealthSamples:
    samples: dict[ChannelId, list[HealthSample]] = field(default_factory=dict)

    def recent(self, channel_id: ChannelId) -> list[HealthSample]:
        return self.samples.get(channel_id, [])
