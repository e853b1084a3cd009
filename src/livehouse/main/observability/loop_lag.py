"""How late the event loop runs what is due: the first sign that something blocks it."""

from __future__ import annotations

import asyncio

from prometheus_client import Gauge, Histogram

_LAG = Histogram(
    "livehouse_event_loop_lag_seconds",
    "How much later than due a timer of the event loop ran",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
_WORST = Gauge("livehouse_event_loop_lag_worst_seconds", "The longest lag in the last minute")
_INTERVAL_S = 0.25
_SAMPLES_A_MINUTE = int(60 / _INTERVAL_S)


async def measure_loop_lag() -> None:
    """Runs until cancelled."""
    loop = asyncio.get_running_loop()
    worst = worst_before = 0.0
    samples = 0
    while True:
        due = loop.time() + _INTERVAL_S
        await asyncio.sleep(_INTERVAL_S)
        lag = max(0.0, loop.time() - due)
        _LAG.observe(lag)
        worst = max(worst, lag)
        samples += 1
        if samples == _SAMPLES_A_MINUTE:
            worst, worst_before, samples = 0.0, worst, 0
        _WORST.set(max(worst, worst_before))
