"""What other slices may know of streaming: its ids and the event it publishes beside the social ones.

`StreamStarted`, `StreamEnded` and `ViewerJoined` are shared with other applications:
`cpc.social_integration.events`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cpc.eventbus.integration_event import IntegrationEvent
from cpc.kernel.ids import EntityId
from livehouse.channel.contract import ChannelId


class BroadcastId(EntityId):
    """One live run of a channel."""

    prefix: ClassVar[str] = "brd"


@dataclass(frozen=True, slots=True)
class BroadcastViewersCounted(IntegrationEvent):
    """How many watch now. Sent when the number changed, at most every few seconds.

    data: channel_id, broadcast_id (printed form), viewers, counted_at (RFC 3339).
    """

    namespace = "cpc.streaming"
    area = "streaming"
    source = "/livehouse/streaming"
    kind = "BroadcastViewersCounted.v1"

    channel_id: ChannelId
    broadcast_id: BroadcastId
    viewers: int
    counted_at: datetime

    @property
    def partition_key(self) -> str:
        return str(self.channel_id)
