"""How long to wait before a process that died is started again."""

from __future__ import annotations

from collections import deque

from cpc.kernel.clock import Clock

_WINDOW_S = 60.0
_FIRST_DELAY_S = 0.25
_LONGEST_DELAY_S = 15.0


class RestartPolicy:
    """At once after a single death; ever slower, but never never, for one that keeps dying.

    The first five deaths in a minute are answered within 2 s each.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deaths: deque[float] = deque()

    def delay_after_death_s(self) -> float:
        """Call it once a death."""
        now = self._clock.monotonic_s()
        while self._deaths and self._deaths[0] <= now - _WINDOW_S:
            self._deaths.popleft()
        self._deaths.append(now)
        repeats = len(self._deaths) - 1
        if repeats == 0:
            return 0.0
        return min(_FIRST_DELAY_S * 2.0 ** min(repeats - 1, 16), _LONGEST_DELAY_S)

    @property
    def recent_deaths(self) -> int:
        """In the last minute, as of the last death."""
        return len(self._deaths)
