"""The social events of the ecosystem that exist so far. Frequent ones travel in batches.

`schemas.py` has the JSON schema of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cpc.eventbus.integration_event import IntegrationEvent
from cpc.kernel.clock import rfc3339

SCHEMA_PREFIX = "urn:cpc:schema:social:"


@dataclass(frozen=True, slots=True)
class SocialEvent(IntegrationEvent):
    """A fact other applications may show, count or notify of. Ids are in printed form (`chn_…`)."""

    namespace = "cpc.social"

    channel_id: str

    @property
    def partition_key(self) -> str:
        return self.channel_id

    @classmethod
    def data_schema(cls) -> str:
        return f"{SCHEMA_PREFIX}{cls.kind}"


@dataclass(frozen=True, slots=True)
class _StreamingEvent(SocialEvent):
    area = "streaming"
    source = "/livehouse/streaming"


@dataclass(frozen=True, slots=True)
class _BondEvent(SocialEvent):
    area = "social"
    source = "/livehouse/social"


@dataclass(frozen=True, slots=True)
class StreamStarted(_StreamingEvent):
    """A broadcaster's first media arrived."""

    kind = "StreamStarted.v1"

    broadcast_id: str
    channel_name: str
    title: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class StreamEnded(_StreamingEvent):
    """The broadcast is over: ended by its owner, or its encoder did not come back."""

    kind = "StreamEnded.v1"

    broadcast_id: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class JoinedViewer:
    """viewer_id: the account in printed form, None for an anonymous visitor."""

    playback_session_id: str
    viewer_id: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class ViewerJoined(_StreamingEvent):
    """Viewers whose media began to flow, in order of joining."""

    kind = "ViewerJoined.v1"

    broadcast_id: str
    viewers: tuple[JoinedViewer, ...]

    def data(self) -> Mapping[str, object]:
        return {
            "channel_id": self.channel_id,
            "broadcast_id": self.broadcast_id,
            "viewers": [
                {
                    "playback_session_id": viewer.playback_session_id,
                    "viewer_id": viewer.viewer_id,
                    "joined_at": rfc3339(viewer.joined_at),
                }
                for viewer in self.viewers
            ],
        }


@dataclass(frozen=True, slots=True)
class SentChatMessage:
    """One line of chat, without its text: feeds count and rank, they do not republish."""

    message_id: str
    sender_id: str
    seq: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ChatMessageSent(SocialEvent):
    """Chat messages of one channel that were committed together, in order of `seq`."""

    area = "chat.events"
    source = "/livehouse/chat"
    kind = "ChatMessageSent.v1"

    conversation_id: str
    messages: tuple[SentChatMessage, ...]

    def data(self) -> Mapping[str, object]:
        return {
            "channel_id": self.channel_id,
            "conversation_id": self.conversation_id,
            "messages": [
                {
                    "message_id": message.message_id,
                    "sender_id": message.sender_id,
                    "seq": message.seq,
                    "sent_at": rfc3339(message.sent_at),
                }
                for message in self.messages
            ],
        }


@dataclass(frozen=True, slots=True)
class FollowCreated(_BondEvent):
    """Somebody follows a channel."""

    kind = "FollowCreated.v1"

    follower_id: str
    followed_at: datetime


@dataclass(frozen=True, slots=True)
class FollowEnded(_BondEvent):
    """Somebody follows a channel no longer, by their own wish or another's."""

    kind = "FollowEnded.v1"

    follower_id: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionCreated(_BondEvent):
    """Somebody became a paid subscriber of a channel, for the first time or again.

    months: begun over all times. streak: of those, without a gap.
    """

    kind = "SubscriptionCreated.v1"

    subscription_id: str
    subscriber_id: str
    tier_id: str
    tier_name: str
    months: int
    streak: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionEnded(_BondEvent):
    """Somebody is a paid subscriber no longer. reason: cancelled, lapsed, removed, blocked, channel-deleted,
    account-erased.
    """

    kind = "SubscriptionEnded.v1"

    subscription_id: str
    subscriber_id: str
    reason: str
    ended_at: datetime
