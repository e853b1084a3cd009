"""What cached reads need from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

MAX_AHEAD_MS: Final = 5_000
"""An entry stamped later than so long after now is of a time before the clock went back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """stamp_ms: Unix time at which the read began that brought it, or at which it was given up.

    value: None: given up; only what was read later counts.
    """

    stamp_ms: int
    value: bytes | None


class Cache(Protocol):
    """It may forget anything at any time, and never raises: without it everything is read anew.

    Where it meets an entry that is `MAX_AHEAD_MS` ahead, it drops all it has: an age that was told before the
    clock went back is none, and what was old would be as new.
    """

    def get(self, key: bytes) -> Entry | None: ...

    def put(self, key: bytes, entry: Entry) -> bool:
        """False, and nothing is kept of it, when what it has is newer; what is given up is so all the same.
        Keys have at most 500 bytes.
        """
        ...


class CacheCounts(Protocol):
    """Hears how each read went. age_s: of what was served."""

    def hit(self, kind: str, age_s: float) -> None: ...

    def stale(self, kind: str, age_s: float) -> None: ...

    def missed(self, kind: str) -> None: ...
