"""The owner makes a stream key; its secret is shown this once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Invalid
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Action
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.authorization import AuthorizeForChannel
from livehouse.streaming.application.ports import RandomText, UnitOfWork, UnitOfWorkFactory
from livehouse.streaming.domain.stream_key import (
    SecretDigest,
    StreamKey,
    StreamKeyId,
    stream_key_secret,
    valid_lifetime,
    valid_name,
)

MAX_KEYS = 10
PASSING = timedelta(days=1)
MAX_PASSING_KEYS = 10
"""Keys for a day at most, such as the studio page makes for itself, are counted by themselves: the oldest
idle one makes room for a new one."""


@dataclass(frozen=True, slots=True)
class ShownStreamKey:
    key: StreamKey
    secret: str


class CreateStreamKey:
    def __init__(
        self,
        units: UnitOfWorkFactory,
        authorize: AuthorizeForChannel,
        key_ring: KeyRing,
        clock: Clock,
        ids: Ids,
        random_text: RandomText,
    ) -> None:
        self._units = units
        self._authorize = authorize
        self._key_ring = key_ring
        self._clock = clock
        self._ids = ids
        self._random_text = random_text

    async def __call__(
        self,
        actor: Actor,
        channel_name: str,
        name: str,
        lifetime: timedelta | None = None,
        *,
        expires_at: datetime | None = None,
    ) -> ShownStreamKey:
        """Either lifetime or expires_at; neither: a key without an end. Raises `Unauthenticated`,
        `Forbidden`, `NotFound`, `Invalid` (stream-key-name, stream-key-lifetime), `Conflict`
        (`too-many-stream-keys`)."""
        channel = await self._authorize(actor, Action.CREATE_STREAM_KEY, channel_name)
        now = self._clock.now()
        if expires_at is not None:
            if lifetime is not None:
                raise Invalid("stream-key-lifetime", "Say either when the key expires or how long it lives.")
            lifetime = expires_at - now
        name, lifetime = valid_name(name), valid_lifetime(lifetime)
        secret = stream_key_secret(self._random_text())
        key = StreamKey(
            id=StreamKeyId(self._ids.uuid()),
            channel_id=channel.id,
            name=name,
            secret=SecretDigest.new(secret, self._key_ring),
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
        async with self._units() as unit:
            await unit.stream_keys.claim(channel.id)
            await unit.stream_keys.forget_unused(channel.id, now)
            await self._make_room(unit, channel.id, passing=_is_passing(lifetime))
            await unit.stream_keys.add(key)
        return ShownStreamKey(key, secret)

    async def _make_room(self, unit: UnitOfWork, channel_id: ChannelId, *, passing: bool) -> None:
        now = self._clock.now()
        usable = [key for key in await unit.stream_keys.of_channel(channel_id) if key.is_usable(now)]
        alike = [key for key in usable if _is_passing(key.lifetime) == passing]
        if len(alike) < (MAX_PASSING_KEYS if passing else MAX_KEYS):
            return
        if passing:
            for key in alike:
                locked = await unit.stream_keys.get(channel_id, key.id, lock=True)
                if locked is not None and not await unit.ingest_sessions.open_of_key(channel_id, key.id):
                    await unit.stream_keys.save(locked.revoked(now))
                    return
        raise Conflict(
            "too-many-stream-keys", f"The channel has {len(alike)} stream keys. Revoke one you do not need."
        )


def _is_passing(lifetime: timedelta | None) -> bool:
    return lifetime is not None and lifetime <= PASSING
