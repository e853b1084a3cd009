"""The two kinds of media session: an encoder's ingest, a viewer's playback."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from cpc.kernel.errors import NotFound
from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.stream_key import StreamKeyId


class SessionKind(StrEnum):
    INGEST = "ingest"
    PLAYBACK = "playback"


class IngestSessionId(EntityId):
    prefix: ClassVar[str] = "ing"


class PlaybackSessionId(EntityId):
    prefix: ClassVar[str] = "pbk"


_MARK = {SessionKind.INGEST: "i", SessionKind.PLAYBACK: "p"}
_TOKEN = re.compile(r"[ip][A-Za-z0-9_-]{43}")
_NODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class SessionAddress:
    """Where a media session lives: the media node and the unguessable token naming it there.

    The token is a secret of its creator; storage keeps only its digest.
    """

    node_id: str
    token: str

    @classmethod
    def new(cls, kind: SessionKind, node_id: str, random_text: str) -> SessionAddress:
        """random_text: 32 random bytes as 43 characters of base64url."""
        return cls(node_id, _MARK[kind] + random_text)

    @classmethod
    def parse(cls, text: str, kind: SessionKind) -> SessionAddress:
        """Read `<node>.<token>`. Raises `NotFound` for anything that cannot be a session of this kind."""
        node_id, _, token = text.partition(".")
        if not _NODE.fullmatch(node_id) or not _TOKEN.fullmatch(token) or token[0] != _MARK[kind]:
            raise NotFound("no-such-session", "There is no such session. It may be over; send a new offer.")
        return cls(node_id, token)

    @property
    def digest(self) -> bytes:
        return session_digest(self.token)

    def __str__(self) -> str:
        return f"{self.node_id}.{self.token}"


def session_digest(token: str) -> bytes:
    """SHA-256 suffices without a key: the token has 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class IngestSession:
    """One encoder's connection to a broadcast."""

    id: IngestSessionId
    channel_id: ChannelId
    broadcast_id: BroadcastId
    stream_key_id: StreamKeyId
    node_id: str
    digest: bytes
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def closed(self, at: datetime) -> IngestSession:
        return self if self.closed_at else replace(self, closed_at=at)


@dataclass(frozen=True, slots=True)
class PlaybackSession:
    """One viewing by a `Viewer`, from the moment its media flows."""

    id: PlaybackSessionId
    channel_id: ChannelId
    broadcast_id: BroadcastId
    digest: bytes
    account_id: AccountId | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone watching. account_id: None when not signed in."""

    account_id: AccountId | None = None

    @property
    def tag(self) -> str | None:
        """What the media node keeps with the playback session, to know the viewer again in its report."""
        return None if self.account_id is None else str(self.account_id)

    @classmethod
    def from_tag(cls, tag: str | None) -> Viewer:
        return cls(None if tag is None else AccountId.parse(tag))


@dataclass(frozen=True, slots=True)
class Broadcaster:
    """The party behind an encoder: whoever holds a stream key of the channel."""

    channel_id: ChannelId
    stream_key_id: StreamKeyId
