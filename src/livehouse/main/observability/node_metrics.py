"""The metrics of all processes of a node in one text, each sample labelled with its role."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from livehouse.main.observability.health_server import fetch


class NodeMetrics:
    """The metrics of the node whose run folder this is, gathered once a second at most."""

    _KEPT_S = 1.0

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._gathering = asyncio.Lock()
        self._text = b""
        self._gathered_at_s = -self._KEPT_S

    async def __call__(self) -> bytes:
        async with self._gathering:
            if time.monotonic() - self._gathered_at_s >= self._KEPT_S:
                self._text = await gather_metrics(self._run_dir)
                self._gathered_at_s = time.monotonic()
            return self._text


async def gather_metrics(run_dir: Path) -> bytes:
    """Prometheus text. A process that is away is left out; `livehouse_role_up` says so."""
    sockets = _sockets(run_dir)
    texts = await asyncio.gather(*(fetch(path) for path in sockets.values()), return_exceptions=True)
    return merge(
        {role: text if isinstance(text, str) else None for role, text in zip(sockets, texts, strict=True)}
    )


def _sockets(run_dir: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(run_dir.glob("*.sock"))}


def merge(texts: Mapping[str, str | None]) -> bytes:
    """texts: role to what it exposes, None when it did not answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Merged(texts))
    return generate_latest(registry)


class _Merged(Collector):
    def __init__(self, texts: Mapping[str, str | None]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        up = Metric("livehouse_role_up", "Whether the process of the role answers", "gauge")
        families: dict[str, Metric] = {}
        for role, text in self._texts.items():
            up.add_sample("livehouse_role_up", {"role": role}, 0.0 if text is None else 1.0)
            for family in text_string_to_metric_families(text or ""):
                merged = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                merged.samples += [
                    Sample(sample.name, {**sample.labels, "role": role}, sample.value, None, None, None)
                    for sample in family.samples
                    if not sample.name.endswith("_created")
                ]
        return [up, *families.values()]
