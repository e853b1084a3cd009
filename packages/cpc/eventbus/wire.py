"""CloudEvents 1.0 in structured JSON, with the extensions partitionkey, sequence and traceparent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from cpc.eventbus.envelope import CloudEvent

CONTENT_TYPE = "application/cloudevents+json"


class MalformedEvent(Exception):
    """The bytes are not a CloudEvent of ours."""


class _Wire(msgspec.Struct, omit_defaults=True):
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    partitionkey: str
    data: dict[str, Any]
    sequence: str = ""
    dataschema: str | None = None
    traceparent: str | None = None


_decoder = msgspec.json.Decoder(_Wire)


def encode(event: CloudEvent, *, sequence: int) -> bytes:
    """sequence: grows with each event of one partition key; padded, since the extension compares as text."""
    attributes: dict[str, object] = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.astimezone(UTC),
        "datacontenttype": "application/json",
        "partitionkey": event.partition_key,
        "sequence": f"{sequence:020d}",
    }
    if event.data_schema is not None:
        attributes["dataschema"] = event.data_schema
    if event.traceparent is not None:
        attributes["traceparent"] = event.traceparent
    attributes["data"] = event.data
    return msgspec.json.encode(attributes)


def decode(payload: bytes) -> CloudEvent:
    """Raises `MalformedEvent`."""
    try:
        wire = _decoder.decode(payload)
    except msgspec.MsgspecError as error:
        raise MalformedEvent(str(error)) from error
    return CloudEvent(
        id=wire.id,
        type=wire.type,
        source=wire.source,
        subject=wire.subject,
        time=wire.time,
        partition_key=wire.partitionkey,
        data=wire.data,
        data_schema=wire.dataschema,
        traceparent=wire.traceparent,
    )
