"""End broadcasts whose broadcaster did not come back in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unavailable
from livehouse.streaming.application.ports import MediaRouter, UnitOfWorkFactory
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.domain.broadcast import Broadcast

_FORGET_PLAYBACK_AFTER = timedelta(days=1)


class ExpireInterrupted:
    """serving_since: when this worker began to serve; time before it does not count against a broadcaster."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        router: MediaRouter,
        social_events: SocialEvents,
        clock: Clock,
        return_window: timedelta,
        serving_since: datetime,
    ) -> None:
        self._units = units
        self._router = router
        self._social_events = social_events
        self._clock = clock
        self._return_window = return_window
        self._serving_since = serving_since
        self._forgot_at = serving_since

    async def __call__(self) -> list[Broadcast]:
        """The broadcasts that ended now."""
        now = self._clock.now()
        ended = []
        async with self._units() as unit:
            for broadcast in await unit.broadcasts.waiting():
                event = broadcast.expire(now, self._return_window, self._serving_since)
                if broadcast.is_running:
                    continue
                self._social_events.ended(unit.outbox, event)
                await unit.broadcasts.save(broadcast)
                await unit.ingest_sessions.close(
                    await unit.ingest_sessions.open_of_broadcast(broadcast.channel_id, broadcast.id), now
                )
                ended.append(broadcast)
            if now - self._forgot_at > timedelta(hours=1):
                await unit.playback_sessions.forget_before(now - _FORGET_PLAYBACK_AFTER)
                self._forgot_at = now
        for broadcast in ended:
            try:
                await self._router.close_room(broadcast.node_id, broadcast.channel_id)
            except Unavailable:
                continue  # the reconciler closes what is left of it
        return ended
