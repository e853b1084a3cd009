"""How the cache does, for Prometheus."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram


class PrometheusCacheCounts:
    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._reads = Counter(
            "cache_reads",
            "Reads through the node's cache: hit, stale (served while read anew), miss",
            ["kind", "outcome"],
            registry=registry,
        )
        self._age_s = Histogram(
            "cache_age_seconds",
            "Age of what was served from the cache",
            ["kind"],
            buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 600),
            registry=registry,
        )

    def hit(self, kind: str, age_s: float) -> None:
        self._reads.labels(kind, "hit").inc()
        self._age_s.labels(kind).observe(age_s)

    def stale(self, kind: str, age_s: float) -> None:
        self._reads.labels(kind, "stale").inc()
        self._age_s.labels(kind).observe(age_s)

    def missed(self, kind: str) -> None:
        self._reads.labels(kind, "miss").inc()
