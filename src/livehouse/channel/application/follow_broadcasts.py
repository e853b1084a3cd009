"""Keeps the directory in step with what streaming publishes, and with what channels say of themselves."""

from __future__ import annotations

from datetime import datetime

from cpc.eventbus.envelope import CloudEvent
from livehouse.channel.application.discovery_ports import Directory
from livehouse.channel.contract import ChannelId

BROADCAST_SUBJECTS = (
    "streaming.StreamStarted.v1.>",
    "streaming.StreamEnded.v1.>",
    "streaming.BroadcastViewersCounted.v1.>",
)
SUBJECTS = (*BROADCAST_SUBJECTS, "channel.>")


class FollowBroadcasts:
    """Handles one event; the same one twice changes nothing more."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, event: CloudEvent) -> None:
        channel_id = ChannelId.parse(str(event.data["channel_id"]))
        if event.subject.startswith("channel."):
            await self._directory.channel_changed(channel_id)
            return
        broadcast_id = str(event.data["broadcast_id"])
        match event.type.split(".")[-2]:
            case "StreamStarted":
                started_at = datetime.fromisoformat(str(event.data["started_at"]))
                await self._directory.broadcast_started(channel_id, broadcast_id, started_at)
            case "StreamEnded":
                await self._directory.broadcast_ended(channel_id, broadcast_id)
            case "BroadcastViewersCounted":
                viewers = int(str(event.data["viewers"]))
                await self._directory.viewers_counted(channel_id, broadcast_id, viewers)
            case _:
                pass
