from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self, final

__all__ = [
    "AccessUnit",
    "Counters",
    "IngestReport",
    "MediaError",
    "MediaNode",
    "MediaTap",
    "PlaybackReport",
    "RoomReport",
    "SessionAnswer",
    "SessionEvent",
    "SessionPatch",
    "SessionReport",
    "__version__",
]

__version__: str

class MediaError(Exception):
    """The media node refuses a request. `str(error)` is a sentence for the one who asked.

    Attributes:
        kind: The reason, one of:
            `malformed_offer` (not a usable SDP offer),
            `offer_direction` (an ingest must send, a playback must receive),
            `unsupported_codec` (a section offers no codec the node takes),
            `room_busy` (media of another ingest still flows),
            `room_empty` (nobody has gone live in this room),
            `no_such_session`, `malformed_fragment` (not a usable SDP fragment),
            `overloaded` (too many sessions, no answer in time, or the node is closed).
    """

    kind: str

@final
class SessionAnswer:
    """What an offer was answered with."""

    @property
    def sdp(self) -> str:
        """The SDP answer, with all candidates of the node."""
    @property
    def etag(self) -> str:
        """Entity tag of the ICE credentials, without quotes; an ICE restart changes it."""
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class SessionPatch:
    """What an SDP fragment was answered with; both are `None` for trickled candidates."""

    @property
    def sdpfrag(self) -> str | None:
        """The node's SDP fragment for an ICE restart."""
    @property
    def etag(self) -> str | None:
        """The new entity tag after an ICE restart, without quotes."""
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class IngestReport:
    """How the media of an ingest arrives, over the last two seconds."""

    @property
    def video_bitrate_bps(self) -> int: ...
    @property
    def audio_bitrate_bps(self) -> int: ...
    @property
    def frames_per_second(self) -> float: ...
    @property
    def loss_fraction(self) -> float:
        """Share of the packets that never arrived, 0 to 1; packets sent again do not count as lost."""
    @property
    def rtt_ms(self) -> float | None:
        """Round-trip time in milliseconds, by extended reports (RFC 3611 sections 4.4 and 4.5).

        `None` before the first answer, a second or so after media began, and always for encoders that do not
        answer them: browsers do, FFmpeg does not.
        """
    @property
    def codec(self) -> str | None:
        """Video codec: `av1`, `h264`, `vp8` or `vp9`; `None` before the first video packet."""
    @property
    def audio_codec(self) -> str | None:
        """`opus`; `None` before the first audio packet."""
    @property
    def width(self) -> int | None:
        """Picture width in pixels, from the last keyframe that told it."""
    @property
    def height(self) -> int | None:
        """Picture height in pixels, from the last keyframe that told it."""
    @property
    def keyframe_requests(self) -> int:
        """Keyframe requests sent to the encoder in this session."""
    @property
    def jitter_ms(self) -> float | None:
        """Interarrival jitter of the video (RFC 3550 section 6.4.1); `None` before it came."""
    @property
    def freezes(self) -> int:
        """Times a picture came late: after more than three usual distances, and 150 ms more than one."""

@final
class PlaybackReport:
    """How a player is served, by the node's own measure and the player's newest receiver report.

    Loss, jitter and round trip are those of the video, or of the audio for who gets no video; `None` before
    the player has told, about a second after it connected.
    """

    @property
    def bitrate_bps(self) -> int:
        """Media sent over the last second, without retransmissions."""
    @property
    def loss_fraction(self) -> float | None:
        """Share of the packets lost between the last two reports, 0 to 1."""
    @property
    def jitter_ms(self) -> float | None: ...
    @property
    def rtt_ms(self) -> float | None: ...
    @property
    def nacks(self) -> int:
        """Packets the player asked for again."""
    @property
    def retransmissions(self) -> int:
        """Packets sent again."""
    @property
    def keyframe_requests(self) -> int: ...
    @property
    def freezes(self) -> int:
        """Times it was sent no video for more than half a second although there was some to send."""
    @property
    def stalled(self) -> bool:
        """Nothing was heard of the player for seven seconds: it is sent nothing until it is heard again."""

@final
class RoomReport:
    """A broadcast with all players connected now. Averages and worst values are over those that report."""

    @property
    def room(self) -> str: ...
    @property
    def viewers(self) -> int: ...
    @property
    def stalled(self) -> int:
        """Players among them of whom nothing is heard."""
    @property
    def bitrate_bps(self) -> int:
        """Sent to all players together."""
    @property
    def loss_fraction(self) -> float | None: ...
    @property
    def worst_loss_fraction(self) -> float | None: ...
    @property
    def jitter_ms(self) -> float | None: ...
    @property
    def worst_jitter_ms(self) -> float | None: ...
    @property
    def rtt_ms(self) -> float | None: ...
    @property
    def worst_rtt_ms(self) -> float | None: ...
    @property
    def freezes(self) -> int: ...
    @property
    def nacks(self) -> int: ...
    @property
    def retransmissions(self) -> int: ...
    @property
    def shard_drops(self) -> int:
        """Packets that did not get from the shard of the broadcaster to one with players."""

@final
class SessionEvent:
    """Something that happened to a session."""

    @property
    def kind(self) -> Literal["connected", "closed", "stalled", "resumed"]: ...
    @property
    def at(self) -> float:
        """Unix time in seconds."""
    @property
    def session(self) -> str: ...
    @property
    def session_kind(self) -> Literal["ingest", "playback"]: ...
    @property
    def room(self) -> str: ...
    @property
    def close_reason(self) -> str | None:
        """As in `SessionReport`, of a session that was closed."""
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class SessionReport:
    """One session as it is now, or as it was when it closed."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> Literal["ingest", "playback"]: ...
    @property
    def room(self) -> str: ...
    @property
    def tag(self) -> str | None:
        """What the playback was opened with."""
    @property
    def state(self) -> Literal["connecting", "connected", "closed"]: ...
    @property
    def connected_at(self) -> float | None:
        """Unix time in seconds at which ICE and DTLS were up."""
    @property
    def media_age_ms(self) -> int | None:
        """Milliseconds since the last media packet of an ingest; `None` before it and for playbacks."""
    @property
    def ingest(self) -> IngestReport | None:
        """Set for the ingest that has the room."""
    @property
    def playback(self) -> PlaybackReport | None:
        """Set for a playback that is or was connected."""
    @property
    def unplayable_codecs(self) -> tuple[str, ...]:
        """Codecs of the broadcast that this player did not offer, so that it does not get them."""
    @property
    def close_reason(self) -> str | None:
        """Why the session closed: `closed`, `left`, `timed_out`, `never_connected`, `taken_over`, `replaced`,
        `room_closed`, `node_closed`, `protocol_error` or `internal_error`."""

@final
class Counters:
    """Totals since the node started, at most 100 ms old."""

    @property
    def packets_received(self) -> int: ...
    @property
    def bytes_received(self) -> int: ...
    @property
    def packets_sent(self) -> int: ...
    @property
    def bytes_sent(self) -> int: ...
    @property
    def send_drops(self) -> int:
        """Packets the operating system had no room for or could not route."""
    @property
    def nacks_sent(self) -> int:
        """Requests to encoders to send video packets again."""
    @property
    def nacks_received(self) -> int:
        """Packets that players asked for again."""
    @property
    def nacks_refused(self) -> int:
        """Packets of these not sent again: too old, sent again a moment ago, or over a player's budget."""
    @property
    def retransmissions(self) -> int:
        """Packets sent again to players."""
    @property
    def keyframe_requests_received(self) -> int: ...
    @property
    def keyframe_requests_from_cache(self) -> int:
        """Keyframe requests of players that the cached keyframe group had just answered."""
    @property
    def keyframe_requests_sent(self) -> int: ...
    @property
    def ingest_sessions(self) -> int:
        """Ingests open now."""
    @property
    def playback_sessions(self) -> int:
        """Playbacks open now."""
    @property
    def connecting_sessions(self) -> int:
        """Sessions of either kind that are not connected yet."""
    @property
    def shard_drops(self) -> int:
        """Packets of one shard's broadcasts that another shard, busy, had no room for."""
    @property
    def door_drops(self) -> int:
        """Datagrams of joins that had no room; the other side sends them again."""
    @property
    def event_drops(self) -> int:
        """Events that nobody took with `events` in time."""
    @property
    def shard_cpu_s(self) -> list[float]:
        """Processor time of each shard's thread, in seconds."""
    @property
    def door_cpu_s(self) -> float:
        """Processor time of the thread where sessions connect, in seconds."""
    @property
    def cpu_s(self) -> float:
        """Processor time of all media threads, in seconds."""

@final
class AccessUnit:
    """What a decoder takes at once: an AV1 temporal unit, a picture of H.264, VP8 or VP9, or an Opus packet.

    Units are complete: those that lost a packet are left out. `av.Packet(unit.data)` goes into a decoder as
    it is.
    """

    @property
    def codec(self) -> Literal["av1", "h264", "vp8", "vp9", "opus"]: ...
    @property
    def data(self) -> bytes:
        """The coded bytes.

        AV1: low-overhead format, with a temporal delimiter in front and the size in every OBU; MP4 and WebM
        muxers of FFmpeg take the delimiter out. H.264: Annex B, with parameter sets in front of every
        keyframe. VP8: one frame. VP9: one frame, or a superframe of all spatial layers. Opus: one packet.
        """
    @property
    def timestamp(self) -> int:
        """RTP time in ticks of 1 / `clock_rate` s, 64 bits.

        It keeps the pace of the clock when the broadcaster leaves and returns. Audio and video count from
        different moments, and taps of one room may differ by multiples of 2**32; `captured_at` brings them
        together.
        """
    @property
    def clock_rate(self) -> int:
        """90,000 for video, 48,000 for Opus."""
    @property
    def captured_at(self) -> float:
        """Unix time in seconds at which it was captured, by the clock of the node.

        From the sender reports of the encoder, so that sound and picture agree; from the arrival until they
        have come. Never later than the arrival; the way from the encoder is not in it.
        """
    @property
    def is_keyframe(self) -> bool:
        """Decoding may begin here. Always true for Opus."""
    @property
    def follows_gap(self) -> bool:
        """Something before is missing.

        Video: set from a gap on up to the next keyframe, including that one: a decoder should skip units with
        `follows_gap and not is_keyframe`. Audio: set on the first unit after a gap.
        """
    @property
    def width(self) -> int | None:
        """Picture width in pixels before rotation, on keyframes; `None` where they do not tell it."""
    @property
    def height(self) -> int | None:
        """Picture height in pixels before rotation, on keyframes; `None` where they do not tell it."""
    @property
    def rotation_degrees(self) -> Literal[0, 90, 180, 270]:
        """How far to turn the picture clockwise to show it upright."""

@final
class MediaTap:
    """The media of one room as complete access units.

    Select, poll or a loop can wait for it (`loop.add_reader(tap, …)`). A queue in front of it is bounded:
    when nobody drains it, whole batches of packets are dropped, counted, and marked as gaps; viewers notice
    nothing. It stays while the broadcaster is away and ends with the room. Methods may be called from any
    thread. Also a context manager that closes the tap.
    """

    def fileno(self) -> int:
        """A descriptor that is readable while there is something to drain, or the tap has ended.

        It belongs to the tap: do not read or close it. Take it out of a loop before closing the tap.

        Raises:
            ValueError: The tap is closed.
        """
    def drain(self, max_units: int = 256) -> list[AccessUnit]:
        """The units that are complete, oldest first; does not wait.

        Packets are put together on the calling thread, without the GIL. Audio and video are each in the order
        they were sent in; pictures may be reordered by their timestamps. A packet that is missing is waited
        for `gap_wait_ms`, then what depends on it is left out.

        Args:
            max_units: Units at most, 1 or more. What is left keeps the tap readable.

        Raises:
            ValueError: The tap is closed, or `max_units` is 0.
        """
    @property
    def dropped_packets(self) -> int:
        """Packets dropped because the queue was full."""
    @property
    def gaps(self) -> int:
        """Places at which media is missing: packets lost or dropped, units malformed or larger than 8 MiB."""
    @property
    def is_ended(self) -> bool:
        """The room or the node was closed and all units have been drained."""
    def close(self) -> None:
        """Lets go of the room and of what waits. A second call does nothing."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@final
class MediaNode:
    """A media node: shards that forward media, each with a UDP socket and a thread, and a thread for joins.

    Rooms come into being with their first ingest and outlive it: players stay while the broadcaster returns,
    and get the new ingest on the same tracks. Methods may be called from any thread. Those that wait for the
    shards (a few milliseconds, two seconds at most) release the GIL: call them in an executor, not on a
    loop.
    """

    def __new__(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_addresses: Sequence[str] = ...,
        silence_ms: int = 2000,
        max_sessions: int = 5000,
        shards: int = 0,
    ) -> MediaNode:
        """Binds the UDP ports and starts the threads.

        Args:
            host: Address to bind, IPv4 or IPv6; `0.0.0.0` or `::` for all.
            port: UDP port of the first shard, the others have the next ones; 0 picks free ones.
            public_addresses: IP addresses, with or without a port, to tell others instead of the bound. A
                port is that of the first shard, the others have the next ones.
            silence_ms: An ingest without media for this long may be replaced without `takeover`.
            max_sessions: Sessions at a time; more are refused as `overloaded`. A tenth is kept for encoders.
            shards: Threads that forward media, 64 at most; 0 for one a processor, at most 8.

        Raises:
            OSError: A port cannot be bound or an address is of no use; the message is a sentence.
        """

    @property
    def port(self) -> int:
        """The UDP port of the first shard."""
    @property
    def ports(self) -> list[int]:
        """The UDP port of each shard. A session's SDP answer names that of its own."""
    def open_ingest(self, room: str, session: str, offer: str, *, takeover: bool = False) -> SessionAnswer:
        """Answers the offer of an encoder (WHIP).

        Args:
            room: Name of the room, at most 256 bytes.
            session: A new id for the session, at most 256 bytes.
            offer: SDP offer, at most 64 KiB.
            takeover: Replace the present ingest although its media still flows.

        Raises:
            MediaError: See its kinds.
            ValueError: A session of this id is open.
        """

    def open_playback(self, room: str, session: str, offer: str, *, tag: str | None = None) -> SessionAnswer:
        """Answers the offer of a player (WHEP). `tag` comes back in reports.

        Raises:
            MediaError: See its kinds.
            ValueError: A session of this id is open.
        """

    def patch_session(self, session: str, sdpfrag: str, *, restart: bool) -> SessionPatch:
        """Takes trickled candidates, or with `restart` the new ICE credentials of the other side.

        Raises:
            MediaError: `no_such_session`, `malformed_fragment`, `overloaded`. The session goes on as before.
        """

    def close_session(self, session: str) -> bool:
        """Hangs up. False when there is no such session."""
    def close_room(self, room: str) -> None:
        """Ends a broadcast: closes the ingest and all players of the room and forgets the room."""
    def open_tap(self, room: str, *, max_queued_bytes: int = 16 * 2**20, gap_wait_ms: int = 250) -> MediaTap:
        """Taps the media of a room.

        It begins with the cached keyframe group, so that decoding may begin at once. The broadcaster is asked
        for a keyframe when there is none, and after a gap.

        Args:
            room: A room that an ingest was opened in; at most 16 taps each.
            max_queued_bytes: What may wait to be drained, in bytes of packets; at most 32,768 packets, too.
            gap_wait_ms: How long a missing packet is waited for before it counts as lost.

        Raises:
            MediaError: `room_empty`, `overloaded`.
        """

    def report(self) -> list[SessionReport]:
        """Every session, and those closed in the last 30 seconds."""
    def rooms(self) -> list[RoomReport]:
        """Every room by name: those with an encoder or players, and those that wait for one."""
    def events(self) -> list[SessionEvent]:
        """What has happened since the last call, at most 4,096; more are dropped and counted. Does not wait.

        `report` is the truth: use events to act soon, not to keep count.
        """
    def counters(self) -> Counters:
        """Totals for metrics; does not wait."""
    def event_fd(self) -> int:
        """An eventfd readable when there are `events`, or the media of an ingest stopped or came back.

        Read eight bytes to wait for the next change. It belongs to the node: do not close it.
        """
    def close(self) -> None:
        """Says goodbye to everyone and stops the threads. A second call does nothing."""
