"""An encoder or a viewer says goodbye (WHIP and WHEP DELETE)."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound, Unavailable
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.streaming.application.ingest_access import IngestAccess
from livehouse.streaming.application.ports import MediaRouter, UnitOfWorkFactory
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.domain.broadcast import EndReason
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind


class CloseSession:
    def __init__(
        self,
        units: UnitOfWorkFactory,
        ingests: IngestAccess,
        router: MediaRouter,
        social_events: SocialEvents,
        clock: Clock,
        access: Access,
    ) -> None:
        self._units = units
        self._ingests = ingests
        self._router = router
        self._social_events = social_events
        self._clock = clock
        self._access = access

    async def ingest(self, session: str, stream_key: str | None) -> None:
        """An encoder that stops on purpose ends the broadcast; one that merely vanishes may return.

        Raises `Unauthenticated`, `NotFound`, `Unavailable`.
        """
        address, ingest = await self._ingests(session, stream_key, Action.CLOSE_INGEST)
        now = self._clock.now()
        async with self._units() as unit:
            broadcast = await unit.broadcasts.running_of(ingest.channel_id, lock=True)
            open_sessions = await unit.ingest_sessions.open_of_broadcast(
                ingest.channel_id, ingest.broadcast_id
            )
            is_current = [each.digest for each in open_sessions] == [ingest.digest]
            await unit.ingest_sessions.close([ingest], now)
            if is_current and broadcast is not None and broadcast.id == ingest.broadcast_id:
                self._social_events.ended(unit.outbox, broadcast.end(now, EndReason.ENDED_BY_ENCODER))
                await unit.broadcasts.save(broadcast)
            else:
                broadcast = None
        try:
            await self._router.close_session(address)
            if broadcast is not None:
                await self._router.close_room(address.node_id, ingest.channel_id)
        except (NotFound, Unavailable):
            return  # over in the database; the reconciler closes what is left of it

    async def playback(self, actor: Actor, session: str) -> None:
        """Raises `NotFound`, `Unavailable`."""
        await self._access.require(actor, Action.CLOSE_PLAYBACK)
        address = SessionAddress.parse(session, SessionKind.PLAYBACK)
        if not await self._router.close_session(address):
            raise NotFound("no-such-session", "There is no such session. It may be over already.")
