"""From what happened to a broadcast to the social events that other applications see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cpc.eventbus.envelope import Outbox
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import Ids
from cpc.social_integration.events import JoinedViewer, StreamEnded, StreamStarted, ViewerJoined
from livehouse.channel.contract import Channels
from livehouse.streaming.contract import BroadcastViewersCounted
from livehouse.streaming.domain.broadcast import BroadcastEnded, BroadcastStarted
from livehouse.streaming.domain.sessions import PlaybackSession


class SocialEvents:
    """Writes them to the outbox of the unit of work in which they happened."""

    def __init__(self, channels: Channels, ids: Ids) -> None:
        self._channels = channels
        self._ids = ids

    async def started(self, outbox: Outbox, event: BroadcastStarted) -> None:
        try:
            channel = await self._channels.by_id(event.channel_id)
        except NotFound:
            return  # erased this moment, and its broadcast is about to be
        social = StreamStarted(
            channel_id=str(event.channel_id),
            broadcast_id=str(event.broadcast_id),
            channel_name=str(channel.name),
            title=channel.title,
            started_at=event.started_at,
        )
        outbox.publish(social.to_cloud_event(event_id=self._ids.uuid(), time=event.started_at))

    def ended(self, outbox: Outbox, event: BroadcastEnded | None) -> None:
        if event is None:
            return
        social = StreamEnded(
            channel_id=str(event.channel_id),
            broadcast_id=str(event.broadcast_id),
            started_at=event.started_at,
            ended_at=event.ended_at,
        )
        outbox.publish(social.to_cloud_event(event_id=self._ids.uuid(), time=event.ended_at))

    def viewers_joined(self, outbox: Outbox, sessions: Sequence[PlaybackSession], at: datetime) -> None:
        """sessions: all of one broadcast."""
        social = ViewerJoined(
            channel_id=str(sessions[0].channel_id),
            broadcast_id=str(sessions[0].broadcast_id),
            viewers=tuple(
                JoinedViewer(
                    playback_session_id=str(session.id),
                    viewer_id=None if session.account_id is None else str(session.account_id),
                    joined_at=session.joined_at,
                )
                for session in sorted(sessions, key=lambda session: session.joined_at)
            ),
        )
        outbox.publish(social.to_cloud_event(event_id=self._ids.uuid(), time=at))

    def viewers_counted(self, outbox: Outbox, event: BroadcastViewersCounted) -> None:
        outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=event.counted_at))
