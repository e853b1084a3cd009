"""What happens to a media node's sessions, for log and metrics. A session's token is a key: never told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import livehouse_native
import structlog

from livehouse.streaming.domain.sessions import session_digest

log = structlog.get_logger(__name__)

_DIGEST_SHOWN = 12


class MediaEvents:
    """One line a broadcaster's event; those of viewers, who are many, at "debug".

    closed: how many sessions, by kind and reason. stalls: how often nothing was heard of a viewer any more.
    """

    def __init__(self) -> None:
        self.closed: Counter[tuple[str, str]] = Counter()
        self.stalls = 0

    def take(self, events: Iterable[livehouse_native.SessionEvent]) -> None:
        for event in events:
            reason = event.close_reason or "closed"
            if event.kind == "closed":
                self.closed[event.session_kind, reason] += 1
            elif event.kind == "stalled":
                self.stalls += 1
            _log(event, reason)


def _log(event: livehouse_native.SessionEvent, reason: str) -> None:
    who = {
        "kind": event.session_kind,
        "channel_id": event.room,
        "session_digest": session_digest(event.session).hex()[:_DIGEST_SHOWN],
    }
    write = log.info if event.session_kind == "ingest" else log.debug
    if event.kind != "closed":
        write(f"media session {event.kind}", **who)
        return
    if reason == "internal_error":
        write = log.error
    elif event.session_kind == "ingest" and reason in ("timed_out", "protocol_error"):
        write = log.warning
    write("media session closed", reason=reason, **who)
