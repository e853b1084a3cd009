"""An in-memory cache for tests; it passes the same suite as the real one."""

from __future__ import annotations

from cpc.cache.ports import MAX_AHEAD_MS, Entry
from cpc.kernel.clock import Clock


class InMemoryCache:
    def __init__(self, clock: Clock) -> None:
        self.entries: dict[bytes, Entry] = {}
        self._clock = clock

    def get(self, key: bytes) -> Entry | None:
        entry = self.entries.get(key)
        if entry is not None and self._is_ahead(entry):
            self.entries.clear()
            return None
        return entry

    def put(self, key: bytes, entry: Entry) -> bool:
        if self._is_ahead(entry):
            return False
        kept = self.get(key)
        if kept is not None and (
            kept.stamp_ms > entry.stamp_ms or (kept.stamp_ms == entry.stamp_ms and kept.value is None)
        ):
            if entry.value is None:
                self.entries[key] = Entry(kept.stamp_ms, None)
            return False
        self.entries[key] = entry
        return True

    def _is_ahead(self, entry: Entry) -> bool:
        return entry.stamp_ms > self._clock.now().timestamp() * 1000 + MAX_AHEAD_MS


class RecordedCounts:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def hit(self, kind: str, age_s: float) -> None:
        self.seen.append("hit")

    def stale(self, kind: str, age_s: float) -> None:
        self.seen.append("stale")

    def missed(self, kind: str) -> None:
        self.seen.append("miss")
