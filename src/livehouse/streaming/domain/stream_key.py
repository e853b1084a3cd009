"""The secret that lets an encoder go live on a channel."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from cpc.kernel.errors import Invalid
from cpc.kernel.ids import EntityId
from cpc.kernel.keyring import KeyRing
from cpc.kernel.text import visible_line
from livehouse.channel.contract import ChannelId

SECRET_PREFIX = "lhk_"  # noqa: S105 - a mark that secret scanners and people can tell, not a secret
_SECRET = re.compile(SECRET_PREFIX + r"[A-Za-z0-9_-]{43}")
_PURPOSE = "stream-key"
MAX_NAME = 60
MAX_LIFETIME = timedelta(days=3650)


class StreamKeyId(EntityId):
    prefix: ClassVar[str] = "key"


@dataclass(frozen=True, slots=True)
class SecretDigest:
    """A secret under one key of the node's key ring."""

    ring_key_id: str
    digest: bytes

    @classmethod
    def new(cls, secret: str, key_ring: KeyRing) -> SecretDigest:
        return cls(*key_ring.keyed_hash(secret.encode(), purpose=_PURPOSE))

    @classmethod
    def candidates(cls, secret: str, key_ring: KeyRing) -> list[SecretDigest]:
        """Under every key still in the ring, so that secrets outlive a rotation of it."""
        return [cls(*each) for each in key_ring.keyed_hashes(secret.encode(), purpose=_PURPOSE)]


def stream_key_secret(random_text: str) -> str:
    """random_text: 32 random bytes as base64url."""
    return SECRET_PREFIX + random_text


def is_stream_key_secret(text: str) -> bool:
    return _SECRET.fullmatch(text) is not None


def valid_name(name: str) -> str:
    name = visible_line(name)
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid("stream-key-name", f"A stream key needs a name of 1 to {MAX_NAME} visible characters.")
    return name


def valid_lifetime(lifetime: timedelta | None) -> timedelta | None:
    if lifetime is not None and not timedelta(seconds=60) <= lifetime <= MAX_LIFETIME:
        raise Invalid("stream-key-lifetime", "A stream key lives at least 60 seconds and at most ten years.")
    return lifetime


@dataclass(frozen=True, slots=True)
class StreamKey:
    """expires_at: None for a key without an end."""

    id: StreamKeyId
    channel_id: ChannelId
    name: str
    secret: SecretDigest
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def lifetime(self) -> timedelta | None:
        return None if self.expires_at is None else self.expires_at - self.created_at

    def admits(self, candidates: list[SecretDigest], now: datetime) -> bool:
        """Whether a secret with these digests may go live now."""
        return self.has_secret(candidates) and self.is_usable(now)

    def has_secret(self, candidates: list[SecretDigest]) -> bool:
        """Whether the digests are of this key's secret. Takes the same time for right and wrong ones."""
        matches = False
        for candidate in candidates:
            matches |= candidate.ring_key_id == self.secret.ring_key_id and hmac.compare_digest(
                candidate.digest, self.secret.digest
            )
        return matches

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and not self.has_expired(now)

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def used(self, at: datetime) -> StreamKey:
        return replace(self, last_used_at=at)

    def revoked(self, at: datetime) -> StreamKey:
        return self if self.revoked_at else replace(self, revoked_at=at)

    def rotated(self, secret: SecretDigest, at: datetime) -> StreamKey:
        """The same key with a new secret; a limited lifetime starts anew."""
        lifetime = self.lifetime
        return replace(
            self,
            secret=secret,
            created_at=at,
            expires_at=None if lifetime is None else at + lifetime,
            last_used_at=None,
        )
