from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters.nats_health_samples import SAMPLES_KEPT, NatsHealthSamples
from livehouse.streaming.application.media_report import (
    IngestStats,
    MediaReport,
    MediaSessionReport,
    PlaybackStats,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ADA = ChannelId(UUID(int=1))


def report(at_s: float, state: str = "connected", channel_id: ChannelId = ADA) -> MediaReport:
    session = MediaSessionReport(
        id="x",
        kind="ingest",
        channel_id=str(channel_id),
        state=state,  # type: ignore[arg-type]
        ingest=IngestStats(video_bitrate_bps=1000, frames_per_second=30.0, jitter_ms=2.5, freezes=1),
    )
    viewers = {str(channel_id): 4}
    playback = {str(channel_id): PlaybackStats(viewers=4, lossy=1)}
    return MediaReport("node-a", START + timedelta(seconds=at_s), [session], viewers, playback)


def test_one_sample_a_second_also_when_changes_are_reported_in_between() -> None:
    samples = NatsHealthSamples()
    for at_s in (0, 0.3, 0.5, 1, 1.2, 2):
        samples.take(report(at_s))
    assert [(each.at - START).total_seconds() for each in samples.recent(ADA)] == [0, 1, 2]
    first = samples.recent(ADA)[0]
    assert (first.viewers, first.playback) == (4, PlaybackStats(viewers=4, lossy=1))
    assert (first.jitter_ms, first.freezes) == (2.5, 1)


def test_only_the_last_two_minutes_are_kept() -> None:
    samples = NatsHealthSamples()
    for at_s in range(200):
        samples.take(report(at_s))
    recent = samples.recent(ADA)
    assert len(recent) == SAMPLES_KEPT == 120
    assert recent[-1].at == START + timedelta(seconds=199)


def test_sessions_that_are_not_connected_say_nothing() -> None:
    samples = NatsHealthSamples()
    samples.take(report(0, "connecting"))
    assert samples.recent(ADA) == []


def test_a_report_of_a_node_of_before_is_read() -> None:
    written = msgspec.to_builtins(report(0))
    del written["playback"]
    for name in ("jitter_ms", "freezes"):
        del written["sessions"][0]["ingest"][name]
    samples = NatsHealthSamples()
    samples.take(msgspec.convert(written, MediaReport))
    (only,) = samples.recent(ADA)
    assert (only.jitter_ms, only.freezes, only.playback) == (None, 0, None)


def test_number_of_channels_is_bounded() -> None:
    samples = NatsHealthSamples()
    for number in range(2500):
        samples.take(report(number, channel_id=ChannelId(UUID(int=number + 10))))
    assert samples.recent(ChannelId(UUID(int=10))) == []
    assert samples.recent(ChannelId(UUID(int=2509))) != []
