"""JSON schemas of the social events' data, by the `dataschema` they travel with."""

from __future__ import annotations

from typing import Any, Final

from cpc.social_integration.events import SCHEMA_PREFIX

_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}


def _id(prefix: str, of: str) -> dict[str, Any]:
    return {"type": "string", "description": f"{of}, such as {prefix}_0198f0a2b3c47d5e8f901a2b3c4d5e6f"}


def _object(description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _list(description: str, items: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "type": "array", "items": items, "minItems": 1}


_CHANNEL: Final = _id("chn", "Channel")
_BROADCAST: Final = _id("brd", "Broadcast")
_ACCOUNT: Final = _id("acc", "Account")
_SUBSCRIPTION: Final = _id("sub", "Paid subscription")
_MONTHS: Final = {"type": "integer", "minimum": 1}

_BY_NAME: Final[dict[str, dict[str, Any]]] = {
    "StreamStarted.v1": _object(
        "A broadcaster's first media arrived",
        channel_id=_CHANNEL,
        broadcast_id=_BROADCAST,
        channel_name=_TEXT,
        title=_TEXT,
        started_at=_TIME,
    ),
    "StreamEnded.v1": _object(
        "The broadcast is over",
        channel_id=_CHANNEL,
        broadcast_id=_BROADCAST,
        started_at=_TIME,
        ended_at=_TIME,
    ),
    "ViewerJoined.v1": _object(
        "Viewers whose media began to flow",
        channel_id=_CHANNEL,
        broadcast_id=_BROADCAST,
        viewers=_list(
            "In order of joining",
            _object(
                "One viewing",
                playback_session_id=_TEXT,
                viewer_id={"type": ["string", "null"], "description": "Account; null when anonymous"},
                joined_at=_TIME,
            ),
        ),
    ),
    "FollowCreated.v1": _object(
        "Somebody follows a channel",
        channel_id=_CHANNEL,
        follower_id=_ACCOUNT,
        followed_at=_TIME,
    ),
    "FollowEnded.v1": _object(
        "Somebody follows a channel no longer",
        channel_id=_CHANNEL,
        follower_id=_ACCOUNT,
        ended_at=_TIME,
    ),
    "SubscriptionCreated.v1": _object(
        "Somebody became a paid subscriber of a channel, for the first time or again",
        channel_id=_CHANNEL,
        subscription_id=_SUBSCRIPTION,
        subscriber_id=_ACCOUNT,
        tier_id=_id("tir", "Tier"),
        tier_name=_TEXT,
        months=_MONTHS,
        streak=_MONTHS,
        started_at=_TIME,
    ),
    "SubscriptionEnded.v1": _object(
        "Somebody is a paid subscriber no longer",
        channel_id=_CHANNEL,
        subscription_id=_SUBSCRIPTION,
        subscriber_id=_ACCOUNT,
        reason=_TEXT,
        ended_at=_TIME,
    ),
    "ChatMessageSent.v1": _object(
        "Chat messages that were committed together",
        channel_id=_CHANNEL,
        conversation_id=_id("cnv", "Conversation"),
        messages=_list(
            "In order of seq",
            _object(
                "One message, without its text",
                message_id=_id("msg", "Message"),
                sender_id=_ACCOUNT,
                seq={"type": "integer", "minimum": 1},
                sent_at=_TIME,
            ),
        ),
    ),
}

SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    f"{SCHEMA_PREFIX}{name}": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{SCHEMA_PREFIX}{name}",
        "title": name,
        **schema,
    }
    for name, schema in _BY_NAME.items()
}
