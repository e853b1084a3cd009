"""What a media node says of its sessions, each second and at every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class IngestStats:
    """Measured over about the last two seconds.

    loss_fraction: 0 to 1, of packets that never arrived. rtt_ms, jitter_ms, width, height: None until known.
    freezes: times a picture came late, in this session.
    """

    video_bitrate_bps: int = 0
    audio_bitrate_bps: int = 0
    frames_per_second: float = 0.0
    loss_fraction: float = 0.0
    rtt_ms: float | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    keyframe_requests: int = 0
    jitter_ms: float | None = None
    freezes: int = 0


LOSSY_ABOVE = 0.05
"""A viewer that loses a larger share of its packets is one to worry about."""


@dataclass(frozen=True, slots=True)
class PlaybackStats:
    """How the viewers of a channel receive it, now. Averages and worst values are over those that have told;
    None: nobody has.

    viewers: all that are connected; of these
    stalled: are not heard of any more, lossy: lose more than `LOSSY_ABOVE`,
    unplayable: did not offer a codec of the broadcast and do not get it.
    bitrate_bps: sent to all together. freezes: how often one of them got no picture, so far.
    """

    viewers: int
    stalled: int = 0
    lossy: int = 0
    unplayable: int = 0
    bitrate_bps: int = 0
    loss_fraction: float | None = None
    worst_loss_fraction: float | None = None
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    worst_rtt_ms: float | None = None
    freezes: int = 0


@dataclass(frozen=True, slots=True)
class MediaSessionReport:
    """id: the session's token. media_age_ms: since the last media packet of an ingest, None before the
    first."""

    id: str
    kind: Literal["ingest", "playback"]
    channel_id: str
    state: Literal["connecting", "connected", "closed"]
    connected_at: datetime | None = None
    tag: str | None = None
    media_age_ms: int | None = None
    ingest: IngestStats | None = None
    close_reason: str | None = None

    def is_flowing(self, silence_ms: int) -> bool:
        return self.state == "connected" and self.media_age_ms is not None and self.media_age_ms <= silence_ms


@dataclass(frozen=True, slots=True)
class MediaReport:
    """The whole present state, so that a lost report heals with the next.

    sessions: every ingest session; of the playback sessions those that changed in the last minute.
    viewers: connected playback sessions of each media room, by channel id in printed form.
    playback: how these receive, of the most watched thousand rooms.
    """

    node_id: str
    at: datetime
    sessions: Sequence[MediaSessionReport] = ()
    viewers: Mapping[str, int] = field(default_factory=dict)
    playback: Mapping[str, PlaybackStats] = field(default_factory=dict)
