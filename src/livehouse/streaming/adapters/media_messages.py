"""What a media node and the rest say to each other over NATS: subjects and JSON forms."""

from __future__ import annotations

from typing import Final

import msgspec

from livehouse.channel.contract import ChannelId

NODES_BUCKET: Final = "nodes"
"""JetStream KV: node id → `NodeEntry`. An entry that is not renewed goes away."""

HEARTBEAT_S: Final = 2.0
NODE_ENTRY_TTL_S: Final = 8.0

ALL_REPORTS: Final = "livehouse.media.report.*"


def report_subject(node_id: str) -> str:
    return f"livehouse.media.report.{node_id}"


def request_subject(node_id: str, verb: str) -> str:
    return f"livehouse.media.{node_id}.{verb}"


def live_state_subject(channel_id: ChannelId) -> str:
    return f"livehouse.live.{channel_id.uuid.hex}"


class NodeEntry(msgspec.Struct, frozen=True):
    """sessions: those open on the node, to find the least loaded."""

    node_id: str
    sessions: int


class OpenIngestRequest(msgspec.Struct, frozen=True):
    session: str
    channel_id: str
    offer: str
    takeover: bool


class OpenPlaybackRequest(msgspec.Struct, frozen=True):
    """limit: so many of this tag at once in this channel; null: however many."""

    session: str
    channel_id: str
    offer: str
    tag: str | None
    limit: int | None = None


class PatchSessionRequest(msgspec.Struct, frozen=True):
    session: str
    sdpfrag: str
    if_match: list[str]


class CloseSessionRequest(msgspec.Struct, frozen=True):
    session: str


class CloseIngestRequest(msgspec.Struct, frozen=True):
    """digest: of the session's token, hexadecimal."""

    channel_id: str
    digest: str


class CloseRoomRequest(msgspec.Struct, frozen=True):
    channel_id: str


class ViewersRequest(msgspec.Struct, frozen=True):
    channel_id: str


class CloseViewersRequest(msgspec.Struct, frozen=True):
    """tags: of those whose playback sessions are to be closed; null: those without one."""

    channel_id: str
    tags: list[str | None]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a call brought; each verb uses its part of it."""

    sdp: str | None = None
    etag: str | None = None
    sdpfrag: str | None = None
    closed: bool = False
    tags: list[str | None] = []


class Failure(msgspec.Struct, frozen=True):
    """kind: one of the kinds of `livehouse_native.MediaError`, or `stale_etag`, or `bad_request`."""

    kind: str
    detail: str


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    ok: Outcome | None = None
    error: Failure | None = None
