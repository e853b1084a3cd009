"""What a media node counts, for Prometheus. Labels are bounded: no session, no channel, no address."""

from __future__ import annotations

from collections.abc import Iterator

import livehouse_native
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from livehouse.streaming.adapters.media_events import MediaEvents
from livehouse.streaming.adapters.viewer_statistics import ViewerStatistics

_COUNTERS = {
    "packets_received": "Media packets that came in",
    "bytes_received": "Bytes of media that came in",
    "packets_sent": "Media packets that went out",
    "bytes_sent": "Bytes of media that went out",
    "send_drops": "Packets the operating system had no room for or could not route",
    "shard_drops": "Packets of one shard's broadcasts that another shard, busy, had no room for",
    "door_drops": "Datagrams of joins that had no room; the other side sends them again",
    "event_drops": "Session events that were not taken in time and are missing in the log",
    "nacks_sent": "Requests to encoders to send packets again",
    "nacks_received": "Packets that players asked for again",
    "nacks_refused": "Packets of these not sent again: too old, just sent, or over the player's budget",
    "retransmissions": "Packets sent again to players",
    "keyframe_requests_received": "Keyframe requests of players",
    "keyframe_requests_from_cache": "Keyframe requests that the cached keyframe group had just answered",
    "keyframe_requests_sent": "Keyframe requests sent to encoders",
}


class MediaMetrics(Collector):
    """Read when asked for; the statistics of viewers are those of the newest report."""

    def __init__(
        self, core: livehouse_native.MediaNode, statistics: ViewerStatistics, events: MediaEvents
    ) -> None:
        self._core = core
        self._statistics = statistics
        self._events = events

    def collect(self) -> Iterator[Metric]:
        counters = self._core.counters()
        for name, meaning in _COUNTERS.items():
            yield CounterMetricFamily(f"livehouse_media_{name}", meaning, value=getattr(counters, name))
        yield from _processor_time(counters)
        yield from _sessions(counters, self._statistics)
        yield from self._troubles()
        yield from _distributions(self._statistics)

    def _troubles(self) -> Iterator[Metric]:
        freezes = CounterMetricFamily(
            "livehouse_media_freezes", "Times a picture came late or was not sent on", labels=["kind"]
        )
        for kind, count in self._statistics.freezes.items():
            freezes.add_metric([kind], count)
        yield freezes
        yield CounterMetricFamily(
            "livehouse_media_stalls",
            "Times nothing was heard of a player any more for some seconds",
            value=self._events.stalls,
        )
        closed = CounterMetricFamily(
            "livehouse_media_sessions_closed", "Sessions that closed, and why", labels=["kind", "reason"]
        )
        for (kind, reason), count in sorted(self._events.closed.items()):
            closed.add_metric([kind, reason], count)
        yield closed


def _processor_time(counters: livehouse_native.Counters) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "livehouse_media_cpu_seconds", "Processor time of the media threads", value=counters.cpu_s
    )
    shards = CounterMetricFamily(
        "livehouse_media_shard_cpu_seconds", "Processor time of a shard's thread", labels=["shard"]
    )
    for shard, cpu_s in enumerate(counters.shard_cpu_s):
        shards.add_metric([str(shard)], cpu_s)
    yield shards
    yield CounterMetricFamily(
        "livehouse_media_door_cpu_seconds",
        "Processor time of the thread where sessions connect",
        value=counters.door_cpu_s,
    )


def _sessions(counters: livehouse_native.Counters, statistics: ViewerStatistics) -> Iterator[Metric]:
    sessions = GaugeMetricFamily("livehouse_media_sessions", "Sessions open now", labels=["kind"])
    sessions.add_metric(["ingest"], counters.ingest_sessions)
    sessions.add_metric(["playback"], counters.playback_sessions)
    yield sessions
    yield GaugeMetricFamily(
        "livehouse_media_connecting_sessions",
        "Sessions that are not connected yet",
        value=counters.connecting_sessions,
    )
    viewers = GaugeMetricFamily("livehouse_media_viewers", "Players by state", labels=["state"])
    for state, count in statistics.viewers.items():
        viewers.add_metric([state], count)
    yield viewers
    yield GaugeMetricFamily(
        "livehouse_media_unplayable_viewers",
        "Players that did not offer a codec of the broadcast and do not get it",
        value=statistics.unplayable,
    )


def _distributions(statistics: ViewerStatistics) -> Iterator[Metric]:
    for name, meaning, distribution in (
        ("bits_per_second", "Media sent to a player", statistics.bits_per_second),
        ("loss_ratio", "Share of a player's packets that were lost on the way", statistics.loss_ratio),
        ("jitter_seconds", "Interarrival jitter at a player", statistics.jitter_s),
        ("rtt_seconds", "Round trip to a player", statistics.rtt_s),
    ):
        yield HistogramMetricFamily(
            f"livehouse_media_viewer_{name}",
            f"{meaning}, observed once a second for each that receives",
            buckets=distribution.buckets(),
            sum_value=distribution.sum,
        )
