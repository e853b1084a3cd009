from datetime import UTC, datetime, timedelta
from uuid import UUID

from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters.nats_health_samples import SAMPLES_KEPT, NatsHealthSamples
from livehouse.streaming.application.media_report import IngestStats, MediaReport, MediaSessionReport

START = datetime(2026, 1, 1, tzinfo=UTC)
ADA = ChannelId(UUID(int=1))


def report(at_s: float, state: str = "connected", channel_id: ChannelId = ADA) -> MediaReport:
    session = MediaSessionReport(
        id="x",
        kind="ingest",
        channel_id=str(channel_id),
        state=state,  # type: ignore[arg-type]
        ingest=IngestStats(video_bitrate_bps=1000, frames_per_second=30.0),
    )
    return MediaReport("node-a", START + timedelta(seconds=at_s), [session], {str(channel_id): 4})


def test_one_sample_a_second_also_when_changes_are_reported_in_between() -> None:
    samples = NatsHealthSamples()
    for at_s in (0, 0.3, 0.5, 1, 1.2, 2):
        samples.take(report(at_s))
    assert [(each.at - START).total_seconds() for each in samples.recent(ADA)] == [0, 1, 2]
    assert samples.recent(ADA)[0].viewers == 4


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


def test_number_of_channels_is_bounded() -> None:
    samples = NatsHealthSamples()
    for number in range(2500):
        samples.take(report(number, channel_id=ChannelId(UUID(int=number + 10))))
    assert samples.recent(ChannelId(UUID(int=10))) == []
    assert samples.recent(ChannelId(UUID(int=2509))) != []
