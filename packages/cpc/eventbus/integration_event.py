"""A fact that a part of an application publishes, before it has its envelope."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True)
class IntegrationEvent(ABC):
    """Base of published facts: frozen dataclasses whose fields, in order, are the data they travel with.

    namespace, kind: the type is made of them, such as `cpc.social` and `StreamStarted.v1`.
    area: what the NATS subject begins with, such as `streaming`. source: URI reference of who publishes it.
    """

    namespace: ClassVar[str]
    area: ClassVar[str]
    source: ClassVar[str]
    kind: ClassVar[str]

    @classmethod
    def type_name(cls) -> str:
        return f"{cls.namespace}.{cls.kind}"

    @classmethod
    def subjects(cls) -> str:
        """What to listen to for all of this kind."""
        return f"{cls.area}.{cls.kind}.>"

    @classmethod
    def data_schema(cls) -> str | None:
        """URI; None where there is none."""
        return None

    @property
    @abstractmethod
    def partition_key(self) -> str:
        """Printed id of whom or what it is about: events of one key keep their order."""

    @property
    def subject(self) -> str:
        return f"{self.area}.{self.kind}.{self.partition_key}"

    def data(self) -> Mapping[str, object]:
        return {one.name: self.written(getattr(self, one.name)) for one in fields(self)}

    @staticmethod
    def written(value: object) -> object:
        """As it stands in the data: ids and names printed, times as RFC 3339 text."""
        match value:
            case None | int():
                return value
            case datetime():
                return rfc3339(value)
            case _:
                return str(value)

    def to_cloud_event(self, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent:
        return CloudEvent(
            id=event_id,
            type=self.type_name(),
            source=self.source,
            subject=self.subject,
            time=time,
            partition_key=self.partition_key,
            data=self.data(),
            data_schema=self.data_schema(),
            traceparent=traceparent,
        )
