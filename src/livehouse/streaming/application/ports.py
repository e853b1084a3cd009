"""What streaming needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from cpc.eventbus.envelope import Transaction
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.media_report import PlaybackStats
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast
from livehouse.streaming.domain.sessions import IngestSession, PlaybackSession, SessionAddress
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, StreamKeyId

RandomText = Callable[[], str]
"""32 fresh random bytes as 43 characters of base64url."""


class BroadcastAlreadyRunning(Exception):
    """Another transaction started a broadcast of this channel first."""


class StreamKeys(Protocol):
    async def claim(self, channel_id: ChannelId) -> None:
        """Until this unit of work is over, others that claim the channel's keys wait: they are counted."""
        ...

    async def add(self, key: StreamKey) -> None: ...

    async def save(self, key: StreamKey) -> None: ...

    async def get(
        self, channel_id: ChannelId, key_id: StreamKeyId, *, lock: bool = False
    ) -> StreamKey | None:
        """lock: keep others from changing it until this unit of work is over. A key is locked before a
        broadcast."""
        ...

    async def of_channel(self, channel_id: ChannelId) -> list[StreamKey]:
        """Not revoked ones, oldest first."""
        ...

    async def by_digests(self, digests: Sequence[SecretDigest]) -> list[StreamKey]: ...

    async def forget_unused(self, channel_id: ChannelId, now: datetime) -> None:
        """Forget the channel's revoked and expired ones that no ingest session was opened with."""
        ...

    async def erase_channel(self, channel_id: ChannelId) -> None:
        """All of the channel's, with its ingest sessions, which refer to them."""
        ...


class Broadcasts(Protocol):
    async def add(self, broadcast: Broadcast) -> None:
        """Raises `BroadcastAlreadyRunning`: a channel has at most one running broadcast."""
        ...

    async def save(self, broadcast: Broadcast) -> None: ...

    async def running_of(self, channel_id: ChannelId, *, lock: bool = False) -> Broadcast | None:
        """lock: keep others from changing it until this unit of work is over."""
        ...

    async def running_on(self, node_id: str) -> list[Broadcast]:
        """Locked, in order of channel."""
        ...

    async def waiting(self) -> list[Broadcast]:
        """Offered and interrupted ones, locked; those locked by others are left out."""
        ...

    async def running(self) -> list[Broadcast]:
        """All, not locked."""
        ...

    async def ended_since(self, at: datetime) -> list[Broadcast]: ...

    async def erase_channel(self, channel_id: ChannelId) -> None:
        """All of the channel's, with who watched them."""
        ...


class IngestSessions(Protocol):
    async def add(self, session: IngestSession) -> None: ...

    async def by_digests(self, digests: Collection[bytes]) -> list[IngestSession]: ...

    async def open_of_broadcast(
        self, channel_id: ChannelId, broadcast_id: BroadcastId
    ) -> list[IngestSession]: ...

    async def open_of_key(self, channel_id: ChannelId, key_id: StreamKeyId) -> list[IngestSession]: ...

    async def close(self, sessions: Sequence[IngestSession], at: datetime) -> None: ...

    async def forget_closed_before(self, at: datetime, *, limit: int) -> int:
        """At most `limit` of them, those closed first; how many it were."""
        ...


class PlaybackSessions(Protocol):
    async def add_new(self, sessions: Sequence[PlaybackSession]) -> list[PlaybackSession]:
        """Add those not yet known by their digest and return them."""
        ...

    async def forget_before(self, at: datetime) -> None: ...


class UnitOfWork(Transaction, Protocol):
    @property
    def stream_keys(self) -> StreamKeys: ...
    @property
    def broadcasts(self) -> Broadcasts: ...
    @property
    def ingest_sessions(self) -> IngestSessions: ...
    @property
    def playback_sessions(self) -> PlaybackSessions: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """sdp: the answer with all candidates. etag: a strong entity-tag, quotes included, naming the ICE
    session."""

    sdp: str
    etag: str


@dataclass(frozen=True, slots=True)
class SessionPatch:
    """Of an ICE restart the new fragment and entity-tag; of trickled candidates neither."""

    sdpfrag: str | None = None
    etag: str | None = None


class MediaRouter(Protocol):
    """The media nodes, which take and forward media.

    Every call raises `Unavailable` when the node does not answer.
    """

    async def open_ingest(
        self, address: SessionAddress, channel_id: ChannelId, offer: str, *, takeover: bool
    ) -> SessionAnswer:
        """Raises `Conflict` (`already-live`) while media of another session flows and takeover is not wished;
        `Invalid` or `Unprocessable` for an offer that cannot be taken."""
        ...

    async def open_playback(
        self,
        address: SessionAddress,
        channel_id: ChannelId,
        offer: str,
        *,
        tag: str | None,
        limit: int | None = None,
    ) -> SessionAnswer:
        """limit: so many sessions of this tag at once; only those opened with one count.

        Raises `Conflict` (`not-live`) when nothing was ever sent to this room; `Forbidden`
        (`too-many-viewings`) beyond the limit; errors of offers as above."""
        ...

    async def patch_session(
        self, address: SessionAddress, sdpfrag: str, *, if_match: Sequence[str]
    ) -> SessionPatch:
        """if_match: entity-tags, or `*`. Raises `NotFound`, `PreconditionFailed`, `Invalid`."""
        ...

    async def close_session(self, address: SessionAddress) -> bool:
        """Whether there was such a session."""
        ...

    async def close_ingest(self, node_id: str, channel_id: ChannelId, digest: bytes) -> bool:
        """Close an ingest session known by its digest only."""
        ...

    async def viewers(self, node_id: str, channel_id: ChannelId) -> Collection[str | None]:
        """The tags of all who watch, each once; None: somebody without one."""
        ...

    async def close_viewers(self, node_id: str, channel_id: ChannelId, tags: Collection[str | None]) -> None:
        """Close every playback session of these."""
        ...

    async def close_room(self, node_id: str, channel_id: ChannelId) -> None:
        """The broadcast is over: close the channel's ingest and all its viewers."""
        ...


class MediaNodes(Protocol):
    """Register of the media nodes that run."""

    async def choose(self, preferred: str | None = None) -> str:
        """The preferred node when it runs, else the least loaded. Raises `Unavailable` when none runs."""
        ...


@dataclass(frozen=True, slots=True)
class LiveState:
    """What a channel's page and chat show of its broadcast. started_at: None when offline."""

    channel_id: ChannelId
    state: Literal["live", "interrupted", "offline"]
    viewers: int = 0
    started_at: datetime | None = None
    title: str = ""
    broadcast_id: BroadcastId | None = None


class LiveStates(Protocol):
    async def publish(self, state: LiveState) -> None:
        """To whoever listens now. Raises `Unavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class HealthSample:
    """One second of an ingest, as `IngestStats`, and of its viewers. playback: None when there are none."""

    at: datetime
    video_bitrate_bps: int
    audio_bitrate_bps: int
    frames_per_second: float
    loss_fraction: float
    rtt_ms: float | None
    jitter_ms: float | None
    freezes: int
    viewers: int
    playback: PlaybackStats | None = None


class HealthSamples(Protocol):
    def recent(self, channel_id: ChannelId) -> list[HealthSample]:
        """Up to the last 120 seconds, oldest first; empty when nothing is ingested."""
        ...
