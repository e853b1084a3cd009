"""What a media node's sessions add up to. The real reports have no constructor; these have their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livehouse.streaming.adapters.viewer_statistics import Distribution, ViewerStatistics


@dataclass
class Playback:
    bitrate_bps: int = 2_000_000
    loss_fraction: float | None = 0.0
    jitter_ms: float | None = 3.0
    rtt_ms: float | None = 40.0
    freezes: int = 0
    stalled: bool = False


@dataclass
class Ingest:
    freezes: int = 0


@dataclass
class Session:
    id: str
    kind: str = "playback"
    room: str = "ada"
    state: str = "connected"
    playback: Playback | None = None
    ingest: Ingest | None = None
    unplayable_codecs: tuple[str, ...] = ()


@dataclass
class Room:
    room: str = "ada"
    viewers: int = 1
    stalled: int = 0
    bitrate_bps: int = 2_000_000
    loss_fraction: float | None = 0.01
    worst_loss_fraction: float | None = 0.123456789
    jitter_ms: float | None = 3.0
    rtt_ms: float | None = 40.0
    worst_rtt_ms: float | None = 90.0


def viewer(name: str, **measured: Any) -> Session:
    return Session(name, playback=Playback(**measured))


def take(statistics: ViewerStatistics, at_s: float, *sessions: Session, rooms: tuple[Room, ...] = ()) -> Any:
    return statistics.take(sessions, rooms or (Room(viewers=len(sessions)),), at_s)  # type: ignore[arg-type]


def test_viewers_are_counted_by_state_and_by_what_ails_them() -> None:
    statistics = ViewerStatistics()
    codec_lacking = viewer("d")
    codec_lacking.unplayable_codecs = ("av1",)
    ada = take(
        statistics,
        0,
        Session("a", state="connecting"),
        viewer("b", loss_fraction=0.06),
        viewer("c", loss_fraction=0.9, stalled=True),
        codec_lacking,
        viewer("e", loss_fraction=None),
        Session("f", state="closed", playback=Playback(loss_fraction=0.9)),
        Session("g", kind="ingest", ingest=Ingest()),
    )["ada"]
    assert statistics.viewers == {"connecting": 1, "receiving": 3, "stalled": 1}
    assert (ada.lossy, ada.unplayable, statistics.unplayable) == (1, 1, 1)
    assert (ada.worst_loss_fraction, ada.worst_rtt_ms) == (0.12346, 90.0)


def test_freezes_of_who_left_stay_counted_and_none_is_counted_twice() -> None:
    statistics = ViewerStatistics()
    encoder = Session("e", kind="ingest", ingest=Ingest(freezes=1))
    take(statistics, 0, viewer("a", freezes=2), viewer("b", freezes=1), encoder)
    take(statistics, 1, viewer("a", freezes=2), viewer("b", freezes=1), encoder)
    left = Session("a", state="closed", playback=Playback(freezes=4))
    taken_over = Session("e", kind="ingest", state="closed")
    stats = take(statistics, 2, left, viewer("b", freezes=1), taken_over)
    assert statistics.freezes == {"ingest": 1, "playback": 5}
    assert stats["ada"].freezes == 5
    assert take(statistics, 40, viewer("b", freezes=2))["ada"].freezes == 6


def test_each_viewer_is_observed_once_a_second_however_often_changes_are_reported() -> None:
    statistics = ViewerStatistics()
    for at_s in (0, 0.1, 0.5, 1.0, 1.3):
        take(statistics, at_s, viewer("a", rtt_ms=30.0), viewer("b", rtt_ms=None))
    assert statistics.rtt_s.buckets()[-1] == ("+Inf", 2.0)
    assert abs(statistics.rtt_s.sum - 0.06) < 1e-9
    assert statistics.bits_per_second.buckets()[-1] == ("+Inf", 4.0)


def test_only_watched_channels_are_told_and_of_many_the_most_watched() -> None:
    rooms = tuple(Room(str(number), viewers=number) for number in range(1200))
    told = take(ViewerStatistics(), 0, rooms=rooms)
    assert len(told) == 1000
    assert "199" not in told
    assert told["200"].viewers == 200
    assert take(ViewerStatistics(), 0, rooms=(Room(viewers=0),)) == {}


@given(st.lists(st.floats(0, 100, allow_nan=False)))
def test_buckets_count_what_is_not_above_their_bound(values: list[float]) -> None:
    distribution = Distribution(0.0, 0.5, 2.0)
    for value in values:
        distribution.observe(value)
    bounds = [float(bound) for bound, _ in distribution.buckets()]
    assert bounds == [0.0, 0.5, 2.0, float("inf")]
    counts = [count for _, count in distribution.buckets()]
    assert counts == [sum(value <= bound for value in values) for bound in bounds]
