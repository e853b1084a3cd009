"""Who may do what with a channel's broadcasts."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unauthenticated
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Access, Action, Standing
from livehouse.accounts.contract import Actor, People
from livehouse.channel.contract import ChannelRef, Channels
from livehouse.streaming.application.ports import UnitOfWorkFactory
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, is_stream_key_secret


class AuthorizeForChannel:
    """Find a channel and ask whether the actor may do something to it."""

    def __init__(self, channels: Channels, access: Access) -> None:
        self._channels = channels
        self._access = access

    async def __call__(self, actor: Actor, action: Action, channel_name: str) -> ChannelRef:
        """Raises `NotFound` (no-such-channel) and what `Access.require` raises."""
        return (await self.with_standing(actor, action, channel_name))[0]

    async def with_standing(
        self, actor: Actor, action: Action, channel_name: str
    ) -> tuple[ChannelRef, Standing]:
        """The same, with what the actor is to the channel."""
        self._access.check(actor, action)
        channel = await self._channels.by_name(channel_name)
        return channel, await self._access.require(actor, action, channel.id)


class AuthenticateBroadcaster:
    """Find the stream key that a secret belongs to."""

    def __init__(self, units: UnitOfWorkFactory, key_ring: KeyRing, clock: Clock) -> None:
        self._units = units
        self._key_ring = key_ring
        self._clock = clock

    async def __call__(self, secret: str | None) -> StreamKey:
        """Raises `Unauthenticated` (stream-key-missing, stream-key-refused, stream-key-expired). Wrong and
        revoked keys get the same answer; that one has expired, only who has it hears.
        """
        if secret is None:
            raise Unauthenticated(
                "stream-key-missing",
                "Send the stream key as bearer token: Authorization: Bearer <stream key>.",
            )
        if is_stream_key_secret(secret):
            candidates = SecretDigest.candidates(secret, self._key_ring)
            async with self._units() as unit:
                found = await unit.stream_keys.by_digests(candidates)
            now = self._clock.now()
            for key in found:
                if key.admits(candidates, now):
                    return key
                if key.revoked_at is None and key.has_expired(now) and key.has_secret(candidates):
                    raise Unauthenticated(
                        "stream-key-expired",
                        f"The stream key '{key.name}' expired at {key.expires_at:%Y-%m-%d %H:%M} UTC. "
                        "Make a new one on the studio page.",
                    )
        raise Unauthenticated(
            "stream-key-refused",
            "This stream key is not valid: it is wrong or revoked. Make a new one on the studio page.",
        )


class AuthorizeBroadcaster:
    """A stream key speaks for its channel's owner, as far as the owner may."""

    def __init__(
        self, authenticate: AuthenticateBroadcaster, channels: Channels, people: People, access: Access
    ) -> None:
        self._authenticate = authenticate
        self._channels = channels
        self._people = people
        self._access = access

    async def __call__(self, secret: str | None, action: Action) -> StreamKey:
        """Raises `Unauthenticated`, and what `Access.require` raises of the owner."""
        key = await self._authenticate(secret)
        channel = await self._channels.by_id(key.channel_id)
        owner = await self._people.actor(channel.owner_id)
        await self._access.require(owner, action, channel.id)
        return key
