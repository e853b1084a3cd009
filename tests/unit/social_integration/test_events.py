"""The social events as CloudEvents: names, subjects and data that other applications rely on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.wire import MalformedEvent, decode, encode
from cpc.social_integration.events import (
    ChatMessageSent,
    FollowCreated,
    FollowEnded,
    JoinedViewer,
    SentChatMessage,
    StreamEnded,
    StreamStarted,
    SubscriptionCreated,
    SubscriptionEnded,
    ViewerJoined,
)
from cpc.social_integration.schemas import SCHEMAS

ID = UUID("0198f0a2-b3c4-7d5e-8f90-1a2b3c4d5e6f")
NOW = datetime(2026, 1, 31, 13, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
CHANNEL, BROADCAST = "chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f", "brd_0198f0a2b3c47d5e8f901a2b3c4d5e6f"

EVENTS = {
    "StreamStarted": StreamStarted(CHANNEL, BROADCAST, "ada", "Painting", NOW),
    "StreamEnded": StreamEnded(CHANNEL, BROADCAST, NOW, NOW),
    "ViewerJoined": ViewerJoined(
        CHANNEL, BROADCAST, (JoinedViewer("s1", "acc_1", NOW), JoinedViewer("s2", None, NOW))
    ),
    "FollowCreated": FollowCreated(CHANNEL, "acc_1", NOW),
    "FollowEnded": FollowEnded(CHANNEL, "acc_1", NOW),
    "SubscriptionCreated": SubscriptionCreated(CHANNEL, "sub_1", "acc_1", "tir_1", "Gold", 7, 3, NOW),
    "SubscriptionEnded": SubscriptionEnded(CHANNEL, "sub_1", "acc_1", "lapsed", NOW),
    "ChatMessageSent": ChatMessageSent(CHANNEL, "cnv_1", (SentChatMessage("msg_1", "acc_1", 7, NOW),)),
}
AREAS = {
    "ChatMessageSent": "chat.events",
    "FollowCreated": "social",
    "FollowEnded": "social",
    "SubscriptionCreated": "social",
    "SubscriptionEnded": "social",
}


def cloud_event(name: str) -> CloudEvent:
    return EVENTS[name].to_cloud_event(event_id=ID, time=NOW, traceparent="00-1-2-01")


@pytest.mark.parametrize("name", EVENTS)
def test_names_and_subjects_are_those_of_the_specification(name: str) -> None:
    event = cloud_event(name)
    assert event.type == f"cpc.social.{name}.v1"
    assert event.subject == f"{AREAS.get(name, 'streaming')}.{name}.v1.{CHANNEL}"
    assert event.partition_key == CHANNEL
    assert event.data_schema == f"urn:cpc:schema:social:{name}.v1"


@pytest.mark.parametrize("name", EVENTS)
def test_on_the_wire_and_back(name: str) -> None:
    event = cloud_event(name)
    payload = encode(event, sequence=42)
    assert decode(payload) == event
    assert b'"sequence":"00000000000000000042"' in payload
    assert b'"specversion":"1.0"' in payload
    assert b'"time":"2026-01-31T12:00:00.250000Z"' in payload


@pytest.mark.parametrize("name", EVENTS)
def test_the_data_has_just_the_fields_of_its_schema(name: str) -> None:
    event = cloud_event(name)
    schema = SCHEMAS[event.data_schema or ""]
    _conforms(schema, event.data)


def _conforms(schema: dict[str, object], value: object) -> None:
    """As much of JSON Schema as ours use: objects, arrays, required, null."""
    match schema.get("type"):
        case "object":
            assert isinstance(value, dict)
            assert set(value) == set(schema["required"]) == set(schema["properties"])
            for name, one in value.items():
                _conforms(schema["properties"][name], one)
        case "array":
            assert isinstance(value, list)
            assert value
            for one in value:
                _conforms(schema["items"], one)
        case "integer":
            assert isinstance(value, int)
        case ["string", "null"]:
            assert value is None or isinstance(value, str)
        case "string":
            assert isinstance(value, str)
            if schema.get("format") == "date-time":
                assert datetime.fromisoformat(value) == NOW.astimezone(UTC)
        case other:
            pytest.fail(f"a schema of type {other!r}")


def test_times_are_utc() -> None:
    assert cloud_event("StreamStarted").data["started_at"] == "2026-01-31T12:00:00.250000Z"


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"id": "x"}', b"null"])
def test_what_is_no_event_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode(payload)
