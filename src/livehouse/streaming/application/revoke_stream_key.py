"""The owner takes a stream key back."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.ports import MediaRouter, UnitOfWorkFactory
from livehouse.streaming.application.replaced_secret import close_ingests_at_nodes, open_ingests, own_key
from livehouse.streaming.domain.stream_key import StreamKeyId


class RevokeStreamKey:
    """A running ingest that was opened with the key is closed; the broadcast may go on with another key."""

    def __init__(
        self, units: UnitOfWorkFactory, authorize: AuthorizeForChannel, router: MediaRouter, clock: Clock
    ) -> None:
        self._units = units
        self._authorize = authorize
        self._router = router
        self._clock = clock

    async def __call__(self, actor: Actor, channel_name: str, key_id: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        channel = await self._authorize(actor, Action.REVOKE_STREAM_KEY, channel_name)
        now = self._clock.now()
        async with self._units() as unit:
            key = await own_key(unit, channel.id, StreamKeyId.parse(key_id))
            await unit.stream_keys.save(key.revoked(now))
            sessions = await open_ingests(unit, key)
            await unit.ingest_sessions.close(sessions, now)
        await close_ingests_at_nodes(self._router, sessions)
