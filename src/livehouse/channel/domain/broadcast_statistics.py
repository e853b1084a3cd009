"""How many watched a broadcast, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from livehouse.channel.contract import ChannelId


@dataclass(frozen=True, slots=True)
class BroadcastStatistics:
    """broadcast_id: opaque here. viewers: how many watched when they were last counted, at `counted_at`.

    viewer_s: the seconds all viewers watched together, up to `counted_at`. messages_before: how many the chat
    had when the broadcast began; messages: how many came until it ended, None while it runs.
    """

    channel_id: ChannelId
    broadcast_id: str
    title: str
    started_at: datetime
    counted_at: datetime
    messages_before: int
    ended_at: datetime | None = None
    viewers: int = 0
    peak_viewers: int = 0
    viewer_s: float = 0.0
    messages: int | None = None

    def counted(self, viewers: int, at: datetime) -> BroadcastStatistics:
        """News that is late changes nothing, so the same twice counts once."""
        if self.ended_at is not None or at <= self.counted_at:
            return self
        return replace(
            self,
            viewers=viewers,
            peak_viewers=max(self.peak_viewers, viewers),
            viewer_s=self.viewer_s_at(at),
            counted_at=at,
        )

    def ended(self, at: datetime, messages_by_then: int) -> BroadcastStatistics:
        if self.ended_at is not None:
            return self
        at = max(at, self.started_at)
        return replace(
            self,
            viewers=0,
            viewer_s=self.viewer_s_at(at),
            counted_at=max(at, self.counted_at),
            ended_at=at,
            messages=max(0, messages_by_then - self.messages_before),
        )

    def viewer_s_at(self, at: datetime) -> float:
        return self.viewer_s + self.viewers * max(0.0, (at - self.counted_at).total_seconds())

    def duration_at(self, now: datetime) -> timedelta:
        return max(timedelta(), (self.ended_at or now) - self.started_at)

    def average_viewers_at(self, now: datetime) -> float:
        seconds = self.duration_at(now).total_seconds()
        return self.viewer_s_at(self.ended_at or now) / seconds if seconds else float(self.viewers)


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all broadcasts in a span of time. streamed: how long they ran together."""

    broadcasts: int = 0
    streamed: timedelta = timedelta()
    viewer_s: float = 0.0
    peak_viewers: int = 0
    messages: int = 0

    @property
    def average_viewers(self) -> float:
        seconds = self.streamed.total_seconds()
        return self.viewer_s / seconds if seconds else 0.0
