"""Reads through a cache: one at a time for each key, and old answers while a new one is fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from cpc.cache.ports import MAX_AHEAD_MS, Cache, CacheCounts, Entry
from cpc.kernel.clock import Clock
from cpc.kernel.errors import DomainError, Unavailable

log = structlog.get_logger(__name__)

_MAX_REFRESHES = 64
_AWAY_S = 600.0
"""So old an answer may be while nobody can be asked."""

Load = Callable[[], Awaitable[bytes]]
FreshS = Callable[[bytes], float]
"""How long an answer is fresh that says so itself."""


class CachedReads:
    """One kind of things. fresh_s: so long an answer is served without a look.

    stale_s: so long it is served at once while it is read anew behind; older ones are waited for.
    Raises what `load` raises; what is not there is not remembered.
    """

    def __init__(
        self,
        cache: Cache,
        kind: str,
        clock: Clock,
        counts: CacheCounts,
        *,
        fresh_s: float,
        stale_s: float,
    ) -> None:
        self._cache = cache
        self._kind = kind
        self._clock = clock
        self._counts = counts
        self._fresh_s = fresh_s
        self._stale_s = stale_s
        self._loading: dict[bytes, asyncio.Task[bytes]] = {}
        self._forgotten_ms = -1

    async def get(self, name: str, load: Load, fresh_s: FreshS | None = None) -> bytes:
        """fresh_s: None: that of all."""
        key = self._key(name)
        entry = self._cache.get(key)
        if self._forgotten_ms > self._now_ms() + MAX_AHEAD_MS:  # the clock went back
            self._forgotten_ms = self._now_ms()
        if entry is not None and entry.value is not None and entry.stamp_ms > self._forgotten_ms:
            age_s = self._age_s(entry)
            if 0 <= age_s < (self._fresh_s if fresh_s is None else fresh_s(entry.value)):
                self._counts.hit(self._kind, age_s)
                return entry.value
            if 0 <= age_s < self._stale_s:
                self._counts.stale(self._kind, age_s)
                if key not in self._loading and len(self._loading) < _MAX_REFRESHES:
                    self._start(key, load).add_done_callback(_note_failure)
                return entry.value
        self._counts.missed(self._kind)
        try:
            # Shielded: whoever asked first may leave, the others still wait for the answer.
            return await asyncio.shield(self._loading.get(key) or self._start(key, load))
        except Unavailable:
            if entry is None or entry.value is None or self._age_s(entry) >= _AWAY_S:
                raise
            self._counts.stale(self._kind, self._age_s(entry))
            return entry.value

    def forget(self, name: str) -> None:
        """Whatever was read up to now counts no more, also what is being read."""
        key = self._key(name)
        self._loading.pop(key, None)
        self._cache.put(key, Entry(self._now_ms(), None))

    def forget_all(self) -> None:
        """As `forget`, for all of this kind; in this process, as what is told of is told to every one."""
        self._forgotten_ms = self._now_ms()
        self._loading.clear()

    def _start(self, key: bytes, load: Load) -> asyncio.Task[bytes]:
        task = asyncio.create_task(self._load(key, load))
        self._loading[key] = task
        task.add_done_callback(lambda done: self._loaded(key, done))
        return task

    async def _load(self, key: bytes, load: Load) -> bytes:
        began_ms = self._now_ms()
        value = await load()
        self._cache.put(key, Entry(began_ms, value))
        return value

    def _loaded(self, key: bytes, task: asyncio.Task[bytes]) -> None:
        if self._loading.get(key) is task:
            del self._loading[key]
        if not task.cancelled():
            task.exception()  # whoever waits for it gets it; it is no surprise to the loop

    def _key(self, name: str) -> bytes:
        return f"{self._kind}\0{name}".encode()[:500]

    def _age_s(self, entry: Entry) -> float:
        return (self._now_ms() - entry.stamp_ms) / 1000

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _note_failure(task: asyncio.Task[bytes]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is not None and not isinstance(error, DomainError):
        log.error("a refresh of the cache failed", exc_info=error)
