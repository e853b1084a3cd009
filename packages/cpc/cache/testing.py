"""An in-memory cache for tests; it passes the same suite as the real one."""

from __future__ import annotations

from cpc.cache.ports import Entry


class InMemoryCache:
    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}

    def get(self, key: bytes) -> Entry | None:
        return self.entries.get(key)

    def put(self, key: bytes, entry: Entry) -> bool:
        kept = self.entries.get(key)
        if kept is not None and kept.stamp_ms > entry.stamp_ms:
            return False
        if kept is not None and kept.stamp_ms == entry.stamp_ms and kept.value is None:
            return False
        self.entries[key] = entry
        return True


class RecordedCounts:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def hit(self, kind: str, age_s: float) -> None:
        self.seen.append("hit")

    def stale(self, kind: str, age_s: float) -> None:
        self.seen.append("stale")

    def missed(self, kind: str) -> None:
        self.seen.append("miss")
