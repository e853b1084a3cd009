"""What the native core counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

import livehouse_native
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_COUNTERS = {
    "packets_received": "Media packets that came in",
    "bytes_received": "Bytes of media that came in",
    "packets_sent": "Media packets that went out",
    "bytes_sent": "Bytes of media that went out",
    "send_drops": "Packets the operating system had no room for or could not route",
    "nacks_sent": "Requests to encoders to send packets again",
    "nacks_received": "Requests of players to send packets again",
    "retransmissions": "Packets sent again to players",
    "keyframe_requests_received": "Keyframe requests of players",
    "keyframe_requests_from_cache": "Keyframe requests that the cached keyframe group had just answered",
    "keyframe_requests_sent": "Keyframe requests sent to encoders",
}


class MediaMetrics(Collector):
    """Read when asked for; costs nothing in between."""

    def __init__(self, core: livehouse_native.MediaNode) -> None:
        self._core = core

    def collect(self) -> Iterator[Metric]:
        counters = self._core.counters()
        for name, meaning in _COUNTERS.items():
            yield CounterMetricFamily(f"livehouse_media_{name}", meaning, value=getattr(counters, name))
        yield CounterMetricFamily(
            "livehouse_media_cpu_seconds", "Processor time of the media threads", value=counters.cpu_s
        )
        sessions = GaugeMetricFamily("livehouse_media_sessions", "Sessions open now", labels=["kind"])
        sessions.add_metric(["ingest"], counters.ingest_sessions)
        sessions.add_metric(["playback"], counters.playback_sessions)
        yield sessions
