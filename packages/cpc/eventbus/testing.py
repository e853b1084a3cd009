"""A fake outbox for tests of use cases."""

from __future__ import annotations

from cpc.eventbus.envelope import CloudEvent


class RecordingOutbox:
    """Puts published events into the list it was given."""

    def __init__(self, events: list[CloudEvent]) -> None:
        self._events = events

    def publish(self, event: CloudEvent) -> None:
        self._events.append(event)
