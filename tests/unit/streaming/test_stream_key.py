from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.errors import Invalid, NotFound
from cpc.kernel.keyring import KeyRing
from livehouse.channel.contract import ChannelId
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind
from livehouse.streaming.domain.stream_key import (
    SecretDigest,
    StreamKey,
    StreamKeyId,
    is_stream_key_secret,
    stream_key_secret,
    valid_lifetime,
    valid_name,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD_RING = KeyRing("a", {"a": bytes(32)})
NEW_RING = KeyRing("b", {"a": bytes(32), "b": b"b" * 32})
SECRET = stream_key_secret("A" * 43)


def key(**changes: object) -> StreamKey:
    facts: dict[str, object] = {
        "id": StreamKeyId(UUID(int=1)),
        "channel_id": ChannelId(UUID(int=2)),
        "name": "OBS",
        "secret": SecretDigest.new(SECRET, OLD_RING),
        "created_at": NOW,
    }
    return StreamKey(**(facts | changes))  # type: ignore[arg-type]


def test_admits_its_secret_only() -> None:
    assert key().admits(SecretDigest.candidates(SECRET, OLD_RING), NOW)
    assert not key().admits(SecretDigest.candidates(stream_key_secret("B" * 43), OLD_RING), NOW)


def test_secret_outlives_a_rotation_of_the_ring() -> None:
    assert key().admits(SecretDigest.candidates(SECRET, NEW_RING), NOW)


def test_expired_and_revoked_keys_admit_nobody() -> None:
    candidates = SecretDigest.candidates(SECRET, OLD_RING)
    expiring = key(expires_at=NOW + timedelta(hours=1))
    assert expiring.admits(candidates, NOW + timedelta(minutes=59))
    assert not expiring.admits(candidates, NOW + timedelta(hours=1))
    assert not key().revoked(NOW).admits(candidates, NOW)


def test_rotated_key_keeps_its_lifetime_and_loses_its_secret() -> None:
    later = NOW + timedelta(days=1)
    rotated = key(expires_at=NOW + timedelta(hours=1)).rotated(
        SecretDigest.new(stream_key_secret("B" * 43), OLD_RING), later
    )
    assert rotated.expires_at == later + timedelta(hours=1)
    assert not rotated.admits(SecretDigest.candidates(SECRET, OLD_RING), later)


def test_only_the_digest_is_kept() -> None:
    assert SECRET not in repr(key())
    assert SECRET.encode() not in key().secret.digest


@given(st.text(max_size=80))
def test_any_text_is_a_secret_or_not(text: str) -> None:
    assert is_stream_key_secret(text) == (
        text.startswith("lhk_")
        and len(text) == 47
        and text.isascii()
        and all(character.isalnum() or character in "_-" for character in text[4:])
    )


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "\u200b\x07"])
def test_names_are_visible_and_short(name: str) -> None:
    with pytest.raises(Invalid):
        valid_name(name)


def test_names_are_tidied() -> None:
    assert valid_name("  OBS  at home ") == "OBS at home"


@pytest.mark.parametrize("lifetime", [timedelta(seconds=59), timedelta(days=3651)])
def test_lifetimes_have_bounds(lifetime: timedelta) -> None:
    with pytest.raises(Invalid):
        valid_lifetime(lifetime)


@given(st.text(max_size=100))
def test_made_up_session_addresses_are_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        SessionAddress.parse(text, SessionKind.INGEST)


def test_session_address_of_the_other_kind_is_not_found() -> None:
    address = SessionAddress.new(SessionKind.INGEST, "node-a", "A" * 43)
    assert SessionAddress.parse(str(address), SessionKind.INGEST) == address
    with pytest.raises(NotFound):
        SessionAddress.parse(str(address), SessionKind.PLAYBACK)
