"""How often one may send: at most n messages in any window."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from cpc.messenger.conversation import RateAllowance


class SendRate:
    """Sliding windows by key, kept in memory; `keys_limit` bounds them, the longest silent are forgotten
    first.
    """

    def __init__(self, keys_limit: int = 50_000) -> None:
        self._sent_at_s: dict[Hashable, deque[float]] = {}
        self._keys_limit = keys_limit

    def take(self, key: Hashable, allowance: RateAllowance, now_s: float) -> float:
        """0 when a message may be sent now, which then counts; otherwise the seconds to wait, and nothing
        counts.
        """
        sent_at_s = self._sent_at_s.pop(key, None)
        if sent_at_s is None:
            sent_at_s = deque()
            while len(self._sent_at_s) >= self._keys_limit:
                del self._sent_at_s[next(iter(self._sent_at_s))]
        self._sent_at_s[key] = sent_at_s  # now the youngest
        while sent_at_s and sent_at_s[0] <= now_s - allowance.per_seconds:
            sent_at_s.popleft()
        if len(sent_at_s) >= allowance.messages:
            return sent_at_s[0] + allowance.per_seconds - now_s
        sent_at_s.append(now_s)
        return 0.0

    def give_back(self, key: Hashable) -> None:
        """The last message taken was not sent after all."""
        if sent_at_s := self._sent_at_s.get(key):
            sent_at_s.pop()
