"""The social events of the ecosystem that exist so far. Frequent ones travel in batches.

`schemas.py` has the JSON schema of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Protocol
from uuid import UUID

from cpc.eventbus.envelope import CloudEvent

SCHEMA_PREFIX = "urn:cpc:schema:social:"


class SocialEvent(Protocol):
    """A fact other applications may show, count or notify of. Ids are in printed form (`chn_…`)."""

    type: ClassVar[str]

    def to_cloud_event(
        self, *, event_id: UUID, time: datetime, traceparent: str | None = None
    ) -> CloudEvent: ...


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """A broadcaster's first media arrived."""

    type: ClassVar[str] = "cpc.social.StreamStarted.v1"

    channel_id: str
    broadcast_id: str
    channel_name: str
    title: str
    started_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
            "channel_id": self.channel_id,
            "broadcast_id": self.broadcast_id,
            "channel_name": self.channel_name,
            "title": self.title,
            "started_at": rfc3339(self.started_at),
        }
        return _streaming(self.type, self.channel_id, data, event_id, time, traceparent)


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The broadcast is over: ended by its owner, or its encoder did not come back."""

    type: ClassVar[str] = "cpc.social.StreamEnded.v1"

    channel_id: str
    broadcast_id: str
    started_at: datetime
    ended_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
            "channel_id": self.channel_id,
            "broadcast_id": self.broadcast_id,
            "started_at": rfc3339(self.started_at),
            "ended_at": rfc3339(self.ended_at),
        }
        return _streaming(self.type, self.channel_id, data, event_id, time, traceparent)


@dataclass(frozen=True, slots=True)
class JoinedViewer:
    """viewer_id: the account in printed form, None for an anonymous visitor."""

    playback_session_id: str
    viewer_id: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class ViewerJoined:
    """Viewers whose media began to flow, in order of joining."""

    type: ClassVar[str] = "cpc.social.ViewerJoined.v1"

    channel_id: str
    broadcast_id: str
    viewers: tuple[JoinedViewer, ...]

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
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
        return _streaming(self.type, self.channel_id, data, event_id, time, traceparent)


@dataclass(frozen=True, slots=True)
class SentChatMessage:
    """One line of chat, without its text: feeds count and rank, they do not republish."""

    message_id: str
    sender_id: str
    seq: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ChatMessageSent:
    """Chat messages of one channel that were committed together, in order of `seq`."""

    type: ClassVar[str] = "cpc.social.ChatMessageSent.v1"

    channel_id: str
    conversation_id: str
    messages: tuple[SentChatMessage, ...]

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
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
        subject = f"chat.events.ChatMessageSent.v1.{self.channel_id}"
        return _event(
            self.type, "/livehouse/chat", subject, self.channel_id, data, event_id, time, traceparent
        )


@dataclass(frozen=True, slots=True)
class FollowCreated:
    """Somebody follows a channel."""

    type: ClassVar[str] = "cpc.social.FollowCreated.v1"

    channel_id: str
    follower_id: str
    followed_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
            "channel_id": self.channel_id,
            "follower_id": self.follower_id,
            "followed_at": rfc3339(self.followed_at),
        }
        return _social(self.type, self.channel_id, data, event_id, time, traceparent)


@dataclass(frozen=True, slots=True)
class FollowEnded:
    """Somebody follows a channel no longer, by their own wish or another's."""

    type: ClassVar[str] = "cpc.social.FollowEnded.v1"

    channel_id: str
    follower_id: str
    ended_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
            "channel_id": self.channel_id,
            "follower_id": self.follower_id,
            "ended_at": rfc3339(self.ended_at),
        }
        return _social(self.type, self.channel_id, data, event_id, time, traceparent)


@dataclass(frozen=True, slots=True)
class SubscriptionCreated:
    """Somebody became a paid subscriber of a channel, for the first time or again.

    months: begun over all times. streak: of those, without a gap.
    """

    type: ClassVar[str] = "cpc.social.SubscriptionCreated.v1"

    channel_id: str
    subscription_id: str
    subscriber_id: str
    tier_id: str
    tier_name: str
    months: int
    streak: int
    started_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
            "channel_id": self.channel_id,
            "subscription_id": self.subscription_id,
            "subscriber_id": self.subscriber_id,
            "tier_id": self.tier_id,
            "tier_name": self.tier_name,
            "months": self.months,
            "streak": self.streak,
            "started_at": rfc3339(self.started_at),
        }
        return _social(self.type, self.channel_id, data, event_id, time, traceparent)


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """Somebody is a paid subscriber no longer. reason: cancelled, lapsed, channel-deleted, account-erased."""

    type: ClassVar[str] = "cpc.social.SubscriptionEnded.v1"

    channel_id: str
    subscription_id: str
    subscriber_id: str
    reason: str
    ended_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        data = {
            "channel_id": self.channel_id,
            "subscription_id": self.subscription_id,
            "subscriber_id": self.subscriber_id,
            "reason": self.reason,
            "ended_at": rfc3339(self.ended_at),
        }
        return _social(self.type, self.channel_id, data, event_id, time, traceparent)


def rfc3339(moment: datetime) -> str:
    """Such as `2026-01-31T12:00:00.250000Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _streaming(
    type_: str,
    channel_id: str,
    data: Mapping[str, object],
    event_id: UUID,
    time: datetime,
    traceparent: str | None,
) -> CloudEvent:
    subject = f"streaming.{type_.removeprefix('cpc.social.')}.{channel_id}"
    return _event(type_, "/livehouse/streaming", subject, channel_id, data, event_id, time, traceparent)


def _social(
    type_: str,
    channel_id: str,
    data: Mapping[str, object],
    event_id: UUID,
    time: datetime,
    traceparent: str | None,
) -> CloudEvent:
    subject = f"social.{type_.removeprefix('cpc.social.')}.{channel_id}"
    return _event(type_, "/livehouse/social", subject, channel_id, data, event_id, time, traceparent)


def _event(
    type_: str,
    source: str,
    subject: str,
    channel_id: str,
    data: Mapping[str, object],
    event_id: UUID,
    time: datetime,
    traceparent: str | None,
) -> CloudEvent:
    return CloudEvent(
        id=event_id,
        type=type_,
        source=source,
        subject=subject,
        time=time,
        partition_key=channel_id,
        data=data,
        data_schema=f"{SCHEMA_PREFIX}{type_.removeprefix('cpc.social.')}",
        traceparent=traceparent,
    )
