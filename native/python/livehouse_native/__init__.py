"""The native media core of Livehouse: WebRTC ingest and playback, forwarded without decoding."""

from livehouse_native._livehouse_native import (
    AccessUnit,
    Counters,
    IngestReport,
    MediaError,
    MediaNode,
    MediaTap,
    PlaybackReport,
    RoomReport,
    SessionAnswer,
    SessionEvent,
    SessionPatch,
    SessionReport,
    __version__,
)

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
