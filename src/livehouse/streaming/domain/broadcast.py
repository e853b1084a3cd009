"""One live run of a channel, and the rules by which it starts, is interrupted, goes on and ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cpc.kernel.errors import Conflict
from livehouse.channel.contract import ChannelId
from livehouse.streaming.contract import BroadcastId, BroadcastViewersCounted


class BroadcastState(StrEnum):
    """offered: an encoder has an answer, no media yet. interrupted: media stopped, the broadcaster may
    return."""

    OFFERED = "offered"
    LIVE = "live"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


class EndReason(StrEnum):
    ENDED_BY_OWNER = "ended_by_owner"
    ENDED_BY_ENCODER = "ended_by_encoder"
    ENDED_BY_ADMINISTRATOR = "ended_by_administrator"
    BROADCASTER_GONE = "broadcaster_gone"


@dataclass(frozen=True, slots=True)
class Picture:
    """What the encoder sends. codec: such as `AV1`; width, height: pixels, None when the codec does not
    say."""

    codec: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class BroadcastStarted:
    """The first media has arrived."""

    channel_id: ChannelId
    broadcast_id: BroadcastId
    started_at: datetime


@dataclass(frozen=True, slots=True)
class BroadcastEnded:
    """A broadcast that had started is over."""

    channel_id: ChannelId
    broadcast_id: BroadcastId
    started_at: datetime
    ended_at: datetime


@dataclass(slots=True)
class Broadcast:
    """offered → live ⇄ interrupted → ended. Each change returns the event to publish, if it makes one.

    `BroadcastStarted` comes at the first media, once; `BroadcastEnded` once, and only after
    `BroadcastStarted`.
    """

    id: BroadcastId
    channel_id: ChannelId
    node_id: str
    offered_at: datetime
    state: BroadcastState = BroadcastState.OFFERED
    started_at: datetime | None = None
    interrupted_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    picture: Picture = Picture()
    viewers: int = 0
    viewers_counted_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.state is not BroadcastState.ENDED

    def offer_again(self, node_id: str, at: datetime) -> None:
        """A new ingest session continues this broadcast."""
        if not self.is_running:
            raise Conflict("broadcast-ended", "This broadcast is over; a new offer starts a new one.")
        self.node_id = node_id
        self.offered_at = at

    def media_flows(self, at: datetime) -> BroadcastStarted | None:
        match self.state:
            case BroadcastState.OFFERED:
                self.state, self.started_at = BroadcastState.LIVE, at
                return BroadcastStarted(self.channel_id, self.id, at)
            case BroadcastState.INTERRUPTED:
                self.state, self.interrupted_at = BroadcastState.LIVE, None
            case BroadcastState.LIVE | BroadcastState.ENDED:
                pass
        return None

    def media_stopped(self, at: datetime, silence: timedelta) -> None:
        """silence: what a fresh ingest session has to send its first media before it counts as an
        interruption."""
        if self.state is BroadcastState.LIVE and at - self.offered_at >= silence:
            self.state, self.interrupted_at = BroadcastState.INTERRUPTED, at

    def waits_since(self) -> datetime | None:
        """Since when nothing has come; None while live and after the end."""
        match self.state:
            case BroadcastState.OFFERED:
                return self.offered_at
            case BroadcastState.INTERRUPTED:
                return (
                    self.offered_at
                    if self.interrupted_at is None
                    else max(self.interrupted_at, self.offered_at)
                )
            case BroadcastState.LIVE | BroadcastState.ENDED:
                return None

    def expire(
        self, now: datetime, return_window: timedelta, serving_since: datetime | None = None
    ) -> BroadcastEnded | None:
        """End it when nobody came back within the window.

        serving_since: since when one could come back; time before, when the platform was down, does not
        count.
        """
        waits_since = self.waits_since()
        if waits_since is None:
            return None
        if serving_since is not None:
            waits_since = max(waits_since, serving_since)
        return self.end(now, EndReason.BROADCASTER_GONE) if now - waits_since >= return_window else None

    def end(self, at: datetime, reason: EndReason) -> BroadcastEnded | None:
        if not self.is_running:
            return None
        self.state, self.ended_at, self.end_reason = BroadcastState.ENDED, at, reason
        self.interrupted_at, self.viewers = None, 0
        if self.started_at is None:
            return None
        return BroadcastEnded(self.channel_id, self.id, self.started_at, at)

    def count_viewers(
        self, viewers: int, at: datetime, least_interval: timedelta
    ) -> BroadcastViewersCounted | None:
        """Keep the number when it changed and the last count is old enough."""
        if not self.is_running or self.started_at is None or viewers == self.viewers:
            return None
        if self.viewers_counted_at is not None and at - self.viewers_counted_at < least_interval:
            return None
        self.viewers, self.viewers_counted_at = viewers, at
        return BroadcastViewersCounted(self.channel_id, self.id, viewers, at)
