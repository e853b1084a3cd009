"""What the media node logs and counts of its sessions' events."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import structlog

from livehouse.streaming.adapters.media_events import MediaEvents

TOKEN = "a-token-that-opens-the-session"


@dataclass
class Event:
    kind: str
    session_kind: str = "playback"
    close_reason: str | None = None
    session: str = TOKEN
    room: str = "chn_ada"
    at: float = 0.0


def logged(events: MediaEvents, *happened: Event) -> list[structlog.typing.EventDict]:
    with structlog.testing.capture_logs() as lines:
        events.take(happened)  # type: ignore[arg-type]
    return list(lines)


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (Event("connected", "ingest"), "info"),
        (Event("connected"), "debug"),
        (Event("stalled"), "debug"),
        (Event("resumed"), "debug"),
        (Event("closed", close_reason="left"), "debug"),
        (Event("closed", close_reason="protocol_error"), "debug"),
        (Event("closed", close_reason="internal_error"), "error"),
        (Event("closed", "ingest", "closed"), "info"),
        (Event("closed", "ingest", "timed_out"), "warning"),
    ],
)
def test_what_an_operator_must_see_is_louder(event: Event, level: str) -> None:
    (line,) = logged(MediaEvents(), event)
    assert line["log_level"] == level
    assert (line["kind"], line["channel_id"]) == (event.session_kind, "chn_ada")
    assert line["event"] == f"media session {event.kind}"
    assert line.get("reason") == event.close_reason
    assert TOKEN not in str(line)


def test_closes_are_counted_by_reason_and_stalls() -> None:
    events = MediaEvents()
    logged(
        events,
        Event("connected"),
        Event("stalled"),
        Event("closed", close_reason="timed_out"),
        Event("closed", close_reason="timed_out"),
        Event("closed", "ingest", "taken_over"),
    )
    assert events.stalls == 1
    assert events.closed == {("playback", "timed_out"): 2, ("ingest", "taken_over"): 1}
