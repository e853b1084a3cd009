"""What other slices may know of streaming: its ids and the event it publishes beside the social ones.

`StreamStarted`, `StreamEnded` and `ViewerJoined` are shared with other applications:
`cpc.social_integration.events`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.ids import EntityId
from livehouse.channel.contract import ChannelId


class BroadcastId(EntityId):
    """One live run of a channel."""

    prefix: ClassVar[str] = "brd"


@dataclass(frozen=True, slots=True)
class BroadcastViewersCounted:
    """How many watch now. Sent when the number changed, at most every few seconds.

    data: channel_id, broadcast_id (printed form), viewers, counted_at (RFC 3339).
    """

    type: ClassVar[str] = "cpc.streaming.BroadcastViewersCounted.v1"

    channel_id: ChannelId
    broadcast_id: BroadcastId
    viewers: int
    counted_at: datetime

    def to_cloud_event(self, *, event_id: UUID, time: datetime) -> CloudEvent:
        return CloudEvent(
            id=event_id,
            type=self.type,
            source="/livehouse/streaming",
            subject=f"streaming.BroadcastViewersCounted.v1.{self.channel_id}",
            time=time,
            partition_key=str(self.channel_id),
            data={
                "channel_id": str(self.channel_id),
                "broadcast_id": str(self.broadcast_id),
                "viewers": self.viewers,
                "counted_at": self.counted_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            },
        )
