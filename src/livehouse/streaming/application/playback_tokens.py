"""Signed proof, good for a minute, that somebody may open the media of a channel for members only.

WHEP players send no cookie, and what they send may stand in a URL: so it is no login, opens one channel, and
is worthless a minute later. A session that was opened with it lives on, as long as the right does.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unauthenticated
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Action
from livehouse.accounts.contract import AccountId, Actor
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.authorization import AuthorizeForChannel

LIFETIME = timedelta(seconds=60)
PREFIX: Final = "lhv_"
_MAX_CHARACTERS = 300
_PURPOSE = "playback"
_PAYLOAD_BYTES = 16 + 16 + 8


@dataclass(frozen=True, slots=True)
class PlaybackGrant:
    channel_id: ChannelId
    account_id: AccountId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedPlaybackToken:
    token: str = field(repr=False)
    expires_at: datetime


class PlaybackTokens:
    """`lhv_<key id>.<channel, account and expiry>.<HMAC-SHA256>`. key_ring: the node's signing keys."""

    def __init__(self, key_ring: KeyRing, clock: Clock) -> None:
        self._key_ring = key_ring
        self._clock = clock

    def issue(self, channel_id: ChannelId, account_id: AccountId) -> IssuedPlaybackToken:
        expires_ms = int((self._clock.now() + LIFETIME).timestamp() * 1000)
        payload = channel_id.uuid.bytes + account_id.uuid.bytes + expires_ms.to_bytes(8)
        key_id, mac = self._key_ring.keyed_hash(payload, purpose=_PURPOSE)
        return IssuedPlaybackToken(f"{PREFIX}{key_id}.{_text(payload)}.{_text(mac)}", _moment(expires_ms))

    def read(self, token: str) -> PlaybackGrant:
        """Raises `Unauthenticated` (playback-token-refused): forged, cut short, or over."""
        grant = self._read(token)
        if grant is None or grant.expires_at <= self._clock.now():
            raise refused()
        return grant

    def _read(self, token: str) -> PlaybackGrant | None:
        if len(token) > _MAX_CHARACTERS or not token.startswith(PREFIX):
            return None
        key_id, *parts = token.removeprefix(PREFIX).split(".")
        if len(parts) != 2:
            return None
        payload, mac = (_bytes(part) for part in parts)
        if len(payload) != _PAYLOAD_BYTES:
            return None
        known = dict(self._key_ring.keyed_hashes(payload, purpose=_PURPOSE)).get(key_id)
        if known is None or not hmac.compare_digest(known, mac):
            return None
        return PlaybackGrant(
            ChannelId(UUID(bytes=payload[:16])),
            AccountId(UUID(bytes=payload[16:32])),
            _moment(int.from_bytes(payload[32:])),
        )


class IssuePlaybackToken:
    """Somebody is about to watch a channel; asked again for each connection."""

    def __init__(self, authorize: AuthorizeForChannel, tokens: PlaybackTokens) -> None:
        self._authorize = authorize
        self._tokens = tokens

    async def __call__(self, actor: Actor, channel_name: str) -> IssuedPlaybackToken:
        """Raises `Unauthenticated` (sign-in-required), `NotFound` (no-such-channel), `Forbidden`
        (members-only), `Suspended`."""
        channel = await self._authorize(actor, Action.OPEN_PLAYBACK, channel_name)
        return self._tokens.issue(channel.id, actor.require_account())


def refused() -> Unauthenticated:
    return Unauthenticated(
        "playback-token-refused", "This playback token is not valid, or not any more. Ask for a new one."
    )


def _moment(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Nothing for what is no base64url."""
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return b""
