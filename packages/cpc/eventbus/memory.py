"""A transport inside one process: for tests and tools."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.transport import DurableConsumer, EventHandler, StreamPosition
from cpc.eventbus.wire import decode, encode

_RETRY_S = 0.01


class MemoryTransport:
    def __init__(self) -> None:
        self._incarnation = uuid4().hex
        self._payloads: list[bytes] = []
        self._sequence_of: dict[UUID, int] = {}
        self._next_of: dict[str, int] = {}  # consumer name to the sequence it handles next
        self._changed = asyncio.Condition()

    async def publish(self, event: CloudEvent, *, sequence: int) -> StreamPosition:
        async with self._changed:
            if event.id not in self._sequence_of:
                self._payloads.append(encode(event, sequence=sequence))
                self._sequence_of[event.id] = len(self._payloads)
                self._changed.notify_all()
            return StreamPosition(self._incarnation, self._sequence_of[event.id])

    async def last_position(self) -> StreamPosition:
        return StreamPosition(self._incarnation, len(self._payloads))

    async def confirmed_position(self, consumers: Sequence[DurableConsumer]) -> StreamPosition | None:
        confirmed = len(self._payloads)
        for consumer in consumers:
            if consumer.name not in self._next_of:
                return None
            waiting = (
                sequence
                for sequence in range(self._next_of[consumer.name], len(self._payloads) + 1)
                if _concerns(consumer, decode(self._payloads[sequence - 1]))
            )
            confirmed = min(confirmed, next(waiting, confirmed + 1) - 1)
        return StreamPosition(self._incarnation, confirmed)

    async def consume(self, consumer: DurableConsumer, handle: EventHandler) -> None:
        self._next_of.setdefault(consumer.name, 1)
        while True:
            sequence = self._next_of[consumer.name]
            async with self._changed:
                while len(self._payloads) < sequence:
                    await self._changed.wait()
            event = decode(self._payloads[sequence - 1])
            if _concerns(consumer, event):
                try:
                    await handle(event)
                except Exception:  # noqa: BLE001 - whatever it was, the event comes again
                    await asyncio.sleep(_RETRY_S)
                    continue
            self._next_of[consumer.name] = sequence + 1


def _concerns(consumer: DurableConsumer, event: CloudEvent) -> bool:
    return any(_matches(pattern.split("."), event.subject.split(".")) for pattern in consumer.subjects)


def _matches(pattern: list[str], subject: list[str]) -> bool:
    for place, wanted in enumerate(pattern):
        if wanted == ">":
            return len(subject) > place
        if place >= len(subject) or wanted not in {"*", subject[place]}:
            return False
    return len(pattern) == len(subject)
