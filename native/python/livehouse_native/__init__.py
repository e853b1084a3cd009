"""The native media core of Livehouse: WebRTC ingest and playback, forwarded without decoding."""

from livehouse_native._livehouse_native import (
    Counters,
    IngestReport,
    MediaError,
    MediaNode,
    SessionAnswer,
    SessionPatch,
    SessionReport,
    __version__,
)

__all__ = [
    "Counters",
    "IngestReport",
    "MediaError",
    "MediaNode",
    "SessionAnswer",
    "SessionPatch",
    "SessionReport",
    "__version__",
]
