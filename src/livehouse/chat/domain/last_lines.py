"""Slow mode as far as one gateway knows of it; what the others took shows at the commit."""

from __future__ import annotations

from collections.abc import Hashable


class LastLines:
    """When each last wrote, in memory; `keys_limit` bounds them, the longest silent are forgotten first."""

    def __init__(self, keys_limit: int = 50_000) -> None:
        self._last: dict[Hashable, tuple[str, float]] = {}
        self._keys_limit = keys_limit

    def take(self, key: Hashable, nonce: str, pause_s: float, now_s: float) -> float:
        """0 when a line may be written now, which then counts; otherwise the seconds to wait. The same nonce
        again is the same line, and waits for nothing.
        """
        last = self._last.get(key)
        if last is not None:
            last_nonce, at_s = last
            if last_nonce == nonce:
                return 0.0
            if now_s < at_s + pause_s:
                return at_s + pause_s - now_s
        self.note(key, nonce, now_s)
        return 0.0

    def note(self, key: Hashable, nonce: str, at_s: float) -> None:
        self._last.pop(key, None)
        while len(self._last) >= self._keys_limit:
            del self._last[next(iter(self._last))]
        self._last[key] = (nonce, at_s)

    def forget(self, key: Hashable) -> None:
        """The last line was not stored after all."""
        self._last.pop(key, None)
