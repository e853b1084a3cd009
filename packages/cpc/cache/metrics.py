"""How the cache does, for Prometheus."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram


class PrometheusCacheCounts:
    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._reads = Counter(
            "livehouse_cache_reads",
            "Reads through the node's cache: hit, stale (served while read anew), miss",
            ["kind", "outcome"],
            registry=registry,
        )
        self._age_s = Histogram(
            "livehouse_cache_age_seconds",
            "Age of what was served from the cache",
            ["kind"],
            buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 600),
            registry=registry,
        )
        self._series: dict[tuple[str, str], Counter] = {}
        self._ages: dict[str, Histogram] = {}

    def hit(self, kind: str, age_s: float) -> None:
        self._of(kind, "hit").inc()
        self._ages_of(kind).observe(age_s)

    def stale(self, kind: str, age_s: float) -> None:
        self._of(kind, "stale").inc()
        self._ages_of(kind).observe(age_s)

    def missed(self, kind: str) -> None:
        self._of(kind, "miss").inc()

    # To look a series up by its labels takes longer than a read of the cache.

    def _of(self, kind: str, outcome: str) -> Counter:
        series = self._series.get((kind, outcome))
        if series is None:
            series = self._series[kind, outcome] = self._reads.labels(kind, outcome)
        return series

    def _ages_of(self, kind: str) -> Histogram:
        ages = self._ages.get(kind)
        if ages is None:
            ages = self._ages[kind] = self._age_s.labels(kind)
        return ages
