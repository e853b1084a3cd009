"""What cached reads need from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """stamp_ms: Unix time at which the read began that brought it, or at which it was given up.

    value: None: given up; only what was read later counts.
    """

    stamp_ms: int
    value: bytes | None


class Cache(Protocol):
    """It may forget anything at any time, and never raises: without it everything is read anew."""

    def get(self, key: bytes) -> Entry | None: ...

    def put(self, key: bytes, entry: Entry) -> bool:
        """False, and nothing is changed, when what it has is newer. Keys have at most 500 bytes."""
        ...


class CacheCounts(Protocol):
    """Hears how each read went. age_s: of what was served."""

    def hit(self, kind: str, age_s: float) -> None: ...

    def stale(self, kind: str, age_s: float) -> None: ...

    def missed(self, kind: str) -> None: ...
