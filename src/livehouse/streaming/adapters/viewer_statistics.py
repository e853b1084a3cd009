"""What a media node's sessions add up to: all viewers for Prometheus, those of a channel for the studio."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest

import livehouse_native

from livehouse.streaming.application.media_report import LOSSY_ABOVE, PlaybackStats

_LEAST_GAP_S = 0.9
# What fits a report beside the sessions; of more channels than these the most watched ones.
_MAX_CHANNELS = 1000


class Distribution:
    """A cumulative histogram; bounds: the upper ones of its buckets, rising, the last is followed by +Inf."""

    def __init__(self, *bounds: float) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float | None) -> None:
        if value is not None:
            self._counts[bisect_left(self._bounds, value)] += 1
            self.sum += value

    def buckets(self) -> Sequence[tuple[str, float]]:
        """Upper bound and how many were not above it, as Prometheus writes them."""
        below = 0
        rows = []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            below += count
            rows.append((bound, float(below)))
        return rows


class ViewerStatistics:
    """Fed with every report; the distributions take each viewer's present values once a second.

    viewers: how many by state. unplayable: those who did not offer the codec of what they watch.
    freezes: of encoders' and of viewers' media since the start, also those of sessions that are gone.
    """

    def __init__(self) -> None:
        self.viewers = {"connecting": 0, "receiving": 0, "stalled": 0}
        self.unplayable = 0
        self.freezes = {"ingest": 0, "playback": 0}
        self.bits_per_second = Distribution(1e5, 2.5e5, 5e5, 1e6, 2e6, 3e6, 4e6, 6e6, 8e6, 12e6, 20e6)
        self.loss_ratio = Distribution(0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
        self.jitter_s = Distribution(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
        self.rtt_s = Distribution(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)
        self._freezes_of: dict[str, int] = {}
        self._channel_freezes: Counter[str] = Counter()
        self._observed_at_s = float("-inf")

    def take(
        self,
        sessions: Iterable[livehouse_native.SessionReport],
        rooms: Iterable[livehouse_native.RoomReport],
        at_s: float,
    ) -> Mapping[str, PlaybackStats]:
        """How the viewers of each watched channel receive. at_s: any clock that only goes forward."""
        observes = at_s - self._observed_at_s >= _LEAST_GAP_S
        if observes:
            self._observed_at_s = at_s
        viewers = dict.fromkeys(self.viewers, 0)
        lossy: Counter[str] = Counter()
        unplayable: Counter[str] = Counter()
        freezes_of = {}
        for each in sessions:
            stats = each.playback if each.kind == "playback" else each.ingest
            freezes_of[each.id] = self._count_freezes(each, None if stats is None else stats.freezes)
            if each.kind == "ingest" or each.state == "closed":
                continue
            playback = each.playback
            if each.state == "connecting" or playback is None:
                viewers["connecting"] += 1
                continue
            unplayable[each.room] += bool(each.unplayable_codecs)
            if playback.stalled:
                viewers["stalled"] += 1
                continue  # its figures are those of before
            viewers["receiving"] += 1
            lossy[each.room] += (playback.loss_fraction or 0.0) > LOSSY_ABOVE
            if observes:
                self._observe(playback)
        self._freezes_of = freezes_of
        self.viewers, self.unplayable = viewers, unplayable.total()
        watched = nlargest(_MAX_CHANNELS, (each for each in rooms if each.viewers), lambda each: each.viewers)
        self._channel_freezes = Counter({each.room: self._channel_freezes[each.room] for each in watched})
        return {
            each.room: _playback_stats(
                each, lossy[each.room], unplayable[each.room], self._channel_freezes[each.room]
            )
            for each in watched
        }

    def _count_freezes(self, session: livehouse_native.SessionReport, freezes: int | None) -> int:
        """Adds what is new since the last report. Returns what is known of the session."""
        before = self._freezes_of.get(session.id, 0)
        known = max(before, freezes or 0)
        self.freezes[session.kind] += known - before
        if session.kind == "playback":
            self._channel_freezes[session.room] += known - before
        return known

    def _observe(self, playback: livehouse_native.PlaybackReport) -> None:
        self.bits_per_second.observe(playback.bitrate_bps)
        self.loss_ratio.observe(playback.loss_fraction)
        self.jitter_s.observe(_seconds(playback.jitter_ms))
        self.rtt_s.observe(_seconds(playback.rtt_ms))


def _playback_stats(
    room: livehouse_native.RoomReport, lossy: int, unplayable: int, freezes: int
) -> PlaybackStats:
    return PlaybackStats(
        viewers=room.viewers,
        stalled=room.stalled,
        lossy=lossy,
        unplayable=unplayable,
        bitrate_bps=room.bitrate_bps,
        loss_fraction=_rounded(room.loss_fraction, 5),
        worst_loss_fraction=_rounded(room.worst_loss_fraction, 5),
        jitter_ms=_rounded(room.jitter_ms, 2),
        rtt_ms=_rounded(room.rtt_ms, 2),
        worst_rtt_ms=_rounded(room.worst_rtt_ms, 2),
        freezes=freezes,
    )


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
