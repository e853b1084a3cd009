"""An encoder offers media for a channel (WHIP POST)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, DomainError, Unauthenticated
from cpc.kernel.ids import Ids
from livehouse.access.contract import Action
from livehouse.streaming.application.authorization import AuthorizeBroadcaster
from livehouse.streaming.application.ports import (
    BroadcastAlreadyRunning,
    MediaNodes,
    MediaRouter,
    RandomText,
    SessionAnswer,
    UnitOfWork,
    UnitOfWorkFactory,
)
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState
from livehouse.streaming.domain.sessions import (
    Broadcaster,
    IngestSession,
    IngestSessionId,
    SessionAddress,
    SessionKind,
)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    address: SessionAddress
    answer: SessionAnswer


class OpenIngest:
    """Start a broadcast, or go on with the one that runs.

    The media node says first whether the offer can be taken: it alone knows if other media still flows.
    Only then is the session written down; a session that could not be is closed again.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        authorize: AuthorizeBroadcaster,
        router: MediaRouter,
        nodes: MediaNodes,
        social_events: SocialEvents,
        clock: Clock,
        ids: Ids,
        random_text: RandomText,
        return_window: timedelta,
    ) -> None:
        self._units = units
        self._authorize = authorize
        self._router = router
        self._nodes = nodes
        self._social_events = social_events
        self._clock = clock
        self._ids = ids
        self._random_text = random_text
        self._return_window = return_window

    async def __call__(self, stream_key: str | None, offer: str, *, takeover: bool = False) -> OpenedSession:
        """stream_key: the secret. takeover: replace a session whose media still flows.

        Raises `Unauthenticated`, `Forbidden`,
        `Conflict` (`already-live`), `Invalid`, `Unprocessable`, `Unavailable`.
        """
        key = await self._authorize(stream_key, Action.OPEN_INGEST)
        broadcaster = Broadcaster(key.channel_id, key.id)
        async with self._units() as unit:
            running = await unit.broadcasts.running_of(broadcaster.channel_id)
        node_id = await self._nodes.choose(running.node_id if running else None)
        address = SessionAddress.new(SessionKind.INGEST, node_id, self._random_text())
        answer = await self._router.open_ingest(address, broadcaster.channel_id, offer, takeover=takeover)
        recorded = False
        try:
            await self._record(broadcaster, address, takeover=takeover)
            recorded = True
        finally:
            if not recorded:
                await self._take_back(address)
        return OpenedSession(address, answer)

    async def _record(self, broadcaster: Broadcaster, address: SessionAddress, *, takeover: bool) -> None:
        for _ in range(3):
            try:
                async with self._units() as unit:
                    await self._record_in(unit, broadcaster, address, takeover=takeover)
                return
            except BroadcastAlreadyRunning:
                continue  # another encoder came first: now there is a broadcast to join or to respect
        raise Conflict("already-live", "Another encoder is just starting this channel. Try again.")

    async def _record_in(
        self, unit: UnitOfWork, broadcaster: Broadcaster, address: SessionAddress, *, takeover: bool
    ) -> None:
        now = self._clock.now()
        channel_id = broadcaster.channel_id
        # Locked: a key that is revoked or rotated meanwhile must not be written back as it was.
        key = await unit.stream_keys.get(channel_id, broadcaster.stream_key_id, lock=True)
        if key is None or not key.is_usable(now):
            raise Unauthenticated("stream-key-refused", "This stream key has just been revoked.")
        broadcast = await unit.broadcasts.running_of(channel_id, lock=True)
        if broadcast is not None and broadcast.waits_since() is not None:
            self._social_events.ended(unit.outbox, broadcast.expire(now, self._return_window))
            if not broadcast.is_running:
                await unit.broadcasts.save(broadcast)
                await _close_ingests(unit, broadcast)
                broadcast = None
        if broadcast is None:
            broadcast = Broadcast(BroadcastId(self._ids.uuid()), channel_id, address.node_id, now)
            await unit.broadcasts.add(broadcast)
        else:
            if (
                broadcast.node_id != address.node_id
                and broadcast.state is BroadcastState.LIVE
                and not takeover
            ):
                raise Conflict("already-live", "This channel is live from another encoder on another node.")
            broadcast.offer_again(address.node_id, now)
            await unit.broadcasts.save(broadcast)
            await unit.ingest_sessions.close(
                await unit.ingest_sessions.open_of_broadcast(channel_id, broadcast.id), now
            )
        await unit.ingest_sessions.add(
            IngestSession(
                id=IngestSessionId(self._ids.uuid()),
                channel_id=channel_id,
                broadcast_id=broadcast.id,
                stream_key_id=broadcaster.stream_key_id,
                node_id=address.node_id,
                digest=address.digest,
                opened_at=now,
            )
        )
        await unit.stream_keys.save(key.used(now))

    async def _take_back(self, address: SessionAddress) -> None:
        try:
            await self._router.close_session(address)
        except DomainError:
            return  # the reconciler closes what stands in a report and not in the database


async def _close_ingests(unit: UnitOfWork, broadcast: Broadcast) -> None:
    if broadcast.ended_at is not None:
        sessions = await unit.ingest_sessions.open_of_broadcast(broadcast.channel_id, broadcast.id)
        await unit.ingest_sessions.close(sessions, broadcast.ended_at)
