"""The owner ends the running broadcast."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound, Unavailable
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import Channels
from livehouse.streaming.application.authorization import owned_channel
from livehouse.streaming.application.ports import MediaRouter, UnitOfWorkFactory
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.domain.broadcast import EndReason


class EndBroadcast:
    def __init__(
        self,
        units: UnitOfWorkFactory,
        channels: Channels,
        router: MediaRouter,
        social_events: SocialEvents,
        clock: Clock,
    ) -> None:
        self._units = units
        self._channels = channels
        self._router = router
        self._social_events = social_events
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no channel, or `not-live`)."""
        channel = await owned_channel(self._channels, actor, channel_name)
        now = self._clock.now()
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(channel.id, lock=True)
            if broadcast is None:
                raise NotFound("not-live", f"'{channel.name}' is not live.")
            self._social_events.ended(unit.outbox, broadcast.end(now, EndReason.ENDED_BY_OWNER))
            await unit.broadcasts.save(broadcast)
            await unit.ingest_sessions.close(
                await unit.ingest_sessions.open_of_broadcast(channel.id, broadcast.id), now
            )
        try:
            await self._router.close_room(broadcast.node_id, channel.id)
        except Unavailable:
            return  # the reconciler closes what is left of it
