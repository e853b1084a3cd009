"""The envelope every event travels in: CloudEvents 1.0, JSON format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One fact.

    type: such as `cpc.social.StreamStarted.v1`.
    subject: the NATS subject it goes out on, such as `streaming.StreamStarted.v1.<channel>`.
    partition_key: events of one key keep their order.
    data: JSON object; ids in printed form, times as RFC 3339 text.
    """

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    partition_key: str
    data: Mapping[str, object] = field(default_factory=dict)
    data_schema: str | None = None
    traceparent: str | None = None


class Outbox(Protocol):
    """Where a unit of work leaves its events; they go out after, and only if, it commits."""

    def publish(self, event: CloudEvent) -> None: ...


class Transaction(Protocol):
    """What units of work have in common: commits on a clean exit, rolls back on an exception.

    Raises `Unavailable` when the database is away.
    """

    @property
    def outbox(self) -> Outbox: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
