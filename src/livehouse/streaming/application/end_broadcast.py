"""The running broadcast is ended for everyone."""

from __future__ import annotations

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound, Unavailable
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor, Deeds
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.ports import MediaRouter, UnitOfWorkFactory
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.domain.broadcast import EndReason


class StopBroadcast:
    """For other parts of the node, which have asked already whether it may be."""

    def __init__(
        self, units: UnitOfWorkFactory, router: MediaRouter, social_events: SocialEvents, clock: Clock
    ) -> None:
        self._units = units
        self._router = router
        self._social_events = social_events
        self._clock = clock

    async def __call__(
        self,
        channel_id: ChannelId,
        reason: EndReason,
        deed: CloudEvent | None = None,
    ) -> bool:
        """False when nothing ran. deed: told with it."""
        now = self._clock.now()
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(channel_id, lock=True)
            if broadcast is None:
                return False
            self._social_events.ended(unit.outbox, broadcast.end(now, reason))
            await unit.broadcasts.save(broadcast)
            await unit.ingest_sessions.close(
                await unit.ingest_sessions.open_of_broadcast(channel_id, broadcast.id), now
            )
            if deed is not None:
                unit.outbox.publish(deed)
        try:
            await self._router.close_room(broadcast.node_id, channel_id)
        except Unavailable:
            return True  # the reconciler closes what is left of it
        return True


class EndBroadcast:
    def __init__(self, authorize: AuthorizeForChannel, stop: StopBroadcast, deeds: Deeds) -> None:
        self._authorize = authorize
        self._stop = stop
        self._deeds = deeds

    async def __call__(self, actor: Actor, channel_name: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound` (no channel, or `not-live`)."""
        channel, standing = await self._authorize.with_standing(actor, Action.END_BROADCAST, channel_name)
        reason, deed = EndReason.ENDED_BY_OWNER, None
        if standing.as_administrator:
            reason = EndReason.ENDED_BY_ADMINISTRATOR
            deed = self._deeds.event(actor, "end_broadcast", channel.id, channel.name.value)
        if not await self._stop(channel.id, reason, deed):
            raise NotFound("not-live", f"'{channel.name}' is not live.")
        await self._deeds.write_down(deed)
