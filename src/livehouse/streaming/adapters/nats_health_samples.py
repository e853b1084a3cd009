"""Two minutes of every ingest's health, kept by each web process from the reports it hears."""

from __future__ import annotations

from collections import OrderedDict, deque

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters.media_messages import ALL_REPORTS
from livehouse.streaming.application.media_report import MediaReport
from livehouse.streaming.application.ports import HealthSample

SAMPLES_KEPT = 120
_MAX_CHANNELS = 2000
_LEAST_GAP_S = 0.9


class NatsHealthSamples:
    """One sample a second and channel; the channel not heard of for longest is forgotten when there are too
    many."""

    def __init__(self) -> None:
        self._samples: OrderedDict[str, deque[HealthSample]] = OrderedDict()

    async def listen(self, nats_client: Client) -> None:
        await nats_client.subscribe(ALL_REPORTS, cb=self._on_report)

    def recent(self, channel_id: ChannelId) -> list[HealthSample]:
        return list(self._samples.get(str(channel_id), ()))

    def take(self, report: MediaReport) -> None:
        for session in report.sessions:
            if session.kind != "ingest" or session.state != "connected" or session.ingest is None:
                continue
            samples = self._samples.setdefault(session.channel_id, deque(maxlen=SAMPLES_KEPT))
            # Reports also come at changes, in between the regular ones.
            if samples and (report.at - samples[-1].at).total_seconds() < _LEAST_GAP_S:
                continue
            stats = session.ingest
            samples.append(
                HealthSample(
                    at=report.at,
                    video_bitrate_bps=stats.video_bitrate_bps,
                    audio_bitrate_bps=stats.audio_bitrate_bps,
                    frames_per_second=stats.frames_per_second,
                    loss_fraction=stats.loss_fraction,
                    rtt_ms=stats.rtt_ms,
                    jitter_ms=stats.jitter_ms,
                    freezes=stats.freezes,
                    viewers=report.viewers.get(session.channel_id, 0),
                    playback=report.playback.get(session.channel_id),
                )
            )
            self._samples.move_to_end(session.channel_id)
        while len(self._samples) > _MAX_CHANNELS:
            self._samples.popitem(last=False)

    async def _on_report(self, message: Msg) -> None:
        try:
            self.take(msgspec.json.decode(message.data, type=MediaReport))
        except msgspec.DecodeError:
            return  # of another version; the next one may be read
