"""In-order delivery of what arrives lost, twice or out of order. No I/O: the owner fetches what is
missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

M = TypeVar("M")


class SequencedDelivery(Generic[M]):
    """Hands out messages of one conversation by seq, each once.

    Messages that arrive early wait for those before them; `missing` says which. At most `waiting_limit`
    wait: beyond that the ones furthest ahead are forgotten, and fetched later like any other gap.
    """

    def __init__(self, delivered_seq: int, waiting_limit: int = 1000) -> None:
        self._delivered_seq = delivered_seq
        self._known_seq = delivered_seq
        self._waiting: dict[int, M] = {}
        self._waiting_limit = waiting_limit

    @property
    def delivered_seq(self) -> int:
        return self._delivered_seq

    @property
    def missing(self) -> range | None:
        """The first gap that keeps known messages from being delivered, or None."""
        if self._known_seq == self._delivered_seq:
            return None
        first = self._delivered_seq + 1
        end = min(self._waiting, default=self._known_seq + 1)
        return range(first, end)

    def announce(self, last_seq: int) -> None:
        """Learn from elsewhere that messages up to `last_seq` exist."""
        self._known_seq = max(self._known_seq, last_seq)

    def offer(self, first_seq: int, messages: Sequence[M]) -> list[M]:
        """Take messages with the seqs first_seq, first_seq + 1, … Returns all that can be delivered now, in
        order.
        """
        self.announce(first_seq + len(messages) - 1)
        if first_seq <= self._delivered_seq + 1:
            ready = list(messages[self._delivered_seq + 1 - first_seq :])
            self._delivered_seq += len(ready)
        else:
            ready = []
            for offset, message in enumerate(messages):
                self._waiting.setdefault(first_seq + offset, message)
        while self._delivered_seq + 1 in self._waiting:
            self._delivered_seq += 1
            ready.append(self._waiting.pop(self._delivered_seq))
        self._forget()
        return ready

    def skip_to(self, delivered_seq: int) -> None:
        """Give up on everything up to `delivered_seq`: the gap is too old to be worth filling."""
        self._delivered_seq = max(self._delivered_seq, delivered_seq)
        self._known_seq = max(self._known_seq, self._delivered_seq)
        self._forget()

    def _forget(self) -> None:
        for seq in [seq for seq in self._waiting if seq <= self._delivered_seq]:
            del self._waiting[seq]
        for seq in sorted(self._waiting)[self._waiting_limit :]:
            del self._waiting[seq]
