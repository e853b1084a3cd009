"""The owner gives a stream key a new secret, for instance because the old one was seen by others."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.create_stream_key import ShownStreamKey
from livehouse.streaming.application.ports import MediaRouter, RandomText, UnitOfWorkFactory
from livehouse.streaming.application.replaced_secret import close_ingests_at_nodes, open_ingests, own_key
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKeyId, stream_key_secret


class RotateStreamKey:
    """Whoever streams with the old secret is cut off."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        authorize: AuthorizeForChannel,
        router: MediaRouter,
        key_ring: KeyRing,
        clock: Clock,
        random_text: RandomText,
    ) -> None:
        self._units = units
        self._authorize = authorize
        self._router = router
        self._key_ring = key_ring
        self._clock = clock
        self._random_text = random_text

    async def __call__(self, actor: Actor, channel_name: str, key_id: str) -> ShownStreamKey:
        """Raises `Unauthenticated`, `Forbidden`, `NotFound`."""
        channel = await self._authorize(actor, Action.ROTATE_STREAM_KEY, channel_name)
        secret = stream_key_secret(self._random_text())
        now = self._clock.now()
        async with self._units() as unit:
            key = await own_key(unit, channel.id, StreamKeyId.parse(key_id))
            rotated = key.rotated(SecretDigest.new(secret, self._key_ring), now)
            await unit.stream_keys.save(rotated)
            sessions = await open_ingests(unit, key)
            await unit.ingest_sessions.close(sessions, now)
        await close_ingests_at_nodes(self._router, sessions)
        return ShownStreamKey(rotated, secret)
