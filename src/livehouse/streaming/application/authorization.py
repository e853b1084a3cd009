"""Who may do what with a channel's broadcasts."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Forbidden, Unauthenticated
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.contract import Actor
from livehouse.channel.contract import ChannelRef, Channels
from livehouse.streaming.application.ports import UnitOfWorkFactory
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, is_stream_key_secret


async def owned_channel(channels: Channels, actor: Actor, channel_name: str) -> ChannelRef:
    """Raises `Unauthenticated` or `Forbidden` unless the actor owns the channel."""
    account_id = actor.require_account()
    channel = await channels.by_name(channel_name)
    if channel.owner_id != account_id:
        raise Forbidden("not-the-owner", f"Only the owner of '{channel.name}' may do this.")
    return channel


class AuthenticateBroadcaster:
    """Find the stream key that a secret belongs to."""

    def __init__(self, units: UnitOfWorkFactory, key_ring: KeyRing, clock: Clock) -> None:
        self._units = units
        self._key_ring = key_ring
        self._clock = clock

    async def __call__(self, secret: str | None) -> StreamKey:
        """Raises `Unauthenticated`. Wrong, expired and revoked keys get the same answer."""
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
        raise Unauthenticated(
            "stream-key-refused",
            "This stream key is not valid: it is wrong, expired or revoked. Make a new one on the studio "
            "page.",
        )
