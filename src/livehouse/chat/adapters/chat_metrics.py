"""Prometheus figures of the chat role. No label names a room or a person: those are unbounded."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SOCKETS = Gauge("livehouse_chat_sockets", "Open chat sockets")
ROOMS = Gauge("livehouse_chat_rooms", "Chat rooms with at least one socket, or lately so")
DELIVERED = Counter("livehouse_chat_messages_delivered", "Messages written to sockets, each once a socket")
FRAMES = Counter("livehouse_chat_frames_sent", "Frames with new messages written to sockets")
COMMITTED = Counter("livehouse_chat_messages_committed", "Messages stored")
COMMIT_SECONDS = Histogram(
    "livehouse_chat_commit_seconds",
    "From a batch's turn to its commit",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
SEND_ERRORS = Counter("livehouse_chat_send_errors", "Messages refused or not stored", ["problem"])
DROPPED_SOCKETS = Counter("livehouse_chat_sockets_dropped", "Sockets this side closed", ["reason"])
GAP_FILLS = Counter("livehouse_chat_gap_fills", "Times messages were fetched because broadcasts were missed")
LOST_BROADCASTS = Counter("livehouse_chat_broadcasts_skipped", "Batches not broadcast: too many under way")


def committed(*, messages: int, seconds: float) -> None:
    COMMITTED.inc(messages)
    COMMIT_SECONDS.observe(seconds)
