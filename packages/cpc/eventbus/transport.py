"""What carries events between processes: kept in a stream, read by durable consumers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cpc.eventbus.envelope import CloudEvent


class TransportAway(Exception):
    """The transport cannot be reached at the moment; nothing is known to be lost. Try again."""


@dataclass(frozen=True, slots=True)
class DurableConsumer:
    """A reader whose place is kept by name, over restarts and however many processes share the work.

    subjects: NATS filters, `*` for one token and a final `>` for the rest.
    """

    name: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """incarnation: another one means that the stream was made anew and what it held is gone."""

    incarnation: str
    sequence: int


EventHandler = Callable[[CloudEvent], Awaitable[None]]


class EventTransport(Protocol):
    async def publish(self, event: CloudEvent, *, sequence: int) -> StreamPosition:
        """Returns once the event is kept; the same one shortly again is kept once. Raises `TransportAway`."""
        ...

    async def last_position(self) -> StreamPosition:
        """Raises `TransportAway`."""
        ...

    async def confirmed_position(self, consumers: Sequence[DurableConsumer]) -> StreamPosition | None:
        """Up to where every one of them has handled what concerns it; None while one was never seen.

        Raises `TransportAway`.
        """
        ...

    async def consume(self, consumer: DurableConsumer, handle: EventHandler) -> None:
        """Give the consumer's events to `handle`, one at a time and in order, until cancelled.

        An event counts as handled when `handle` returned. When it raised, the event comes again after a pause
        and those behind it wait. After a crash it comes again too: handlers see each event at least once.
        """
        ...
