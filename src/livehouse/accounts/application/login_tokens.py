"""Tokens and what is derived from them under the node's keys."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import (
    LIFETIME,
    TOKEN_PURPOSE,
    LoginSession,
    LoginSessionId,
    new_token,
    program_name,
)
from livehouse.accounts.domain.outgoing_mail import ONE_TIME_TOKEN_PURPOSE
from livehouse.accounts.domain.personal_access_token import TOKEN_PURPOSE as ACCESS_TOKEN_PURPOSE

_CSRF_PURPOSE = "csrf"
_DEVICE_PURPOSE = "device"
_MAX_DEVICE_TOKEN_CHARACTERS = 200
_ATTEMPT_PURPOSE = "sign-in-attempt"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """token: shown to its holder once; csrf_token: what unsafe requests by cookie must carry.

    device_token: by it the browser is known at later sign-ins to this account, also after it signed out.
    """

    account: Account
    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    lifetime: timedelta
    device_token: str = field(repr=False)


class LoginTokens:
    def __init__(
        self,
        keyring: KeyRing,
        clock: Clock,
        ids: Ids,
        random_token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._ids = ids
        self._random_token = random_token

    def open(self, account: Account, program: str) -> tuple[LoginSession, SignedIn]:
        """A new login session for the account and what its holder gets. program: a User-Agent."""
        token = new_token(self._random_token)
        key_id, token_hash = self._keyring.keyed_hash(token.encode(), purpose=TOKEN_PURPOSE)
        now = self._clock.now()
        login_session = LoginSession(
            id=LoginSessionId(self._ids.uuid()),
            account_id=account.id,
            key_id=key_id,
            token_hash=token_hash,
            created_at=now,
            expires_at=now + LIFETIME,
            last_used_at=now,
            program=program_name(program),
        )
        device_token = self.device_token(account.name.value)
        return login_session, SignedIn(account, token, self.csrf_token(token), LIFETIME, device_token)

    def hashes(self, token: str) -> list[tuple[str, bytes]]:
        return self._keyring.keyed_hashes(token.encode(), purpose=TOKEN_PURPOSE)

    def hash_access_token(self, token: str) -> tuple[str, bytes]:
        return self._keyring.keyed_hash(token.encode(), purpose=ACCESS_TOKEN_PURPOSE)

    def access_token_hashes(self, token: str) -> list[tuple[str, bytes]]:
        return self._keyring.keyed_hashes(token.encode(), purpose=ACCESS_TOKEN_PURPOSE)

    def hash_one_time_token(self, token: str) -> tuple[str, bytes]:
        return self._keyring.keyed_hash(token.encode(), purpose=ONE_TIME_TOKEN_PURPOSE)

    def one_time_token_hashes(self, token: str) -> list[tuple[str, bytes]]:
        return self._keyring.keyed_hashes(token.encode(), purpose=ONE_TIME_TOKEN_PURPOSE)

    def device_token(self, name: str) -> str:
        """For a browser that somebody signed in with to the account of that name."""
        nonce = self._random_token(16)
        _, digest = self._keyring.keyed_hash(f"{name}\0{nonce}".encode(), purpose=_DEVICE_PURPOSE)
        return f"{nonce}.{_text(digest)}"

    def device_of(self, device_token: str | None, name: str) -> str | None:
        """What to count the tries of a known device by; None when nobody signed in to that account there."""
        if device_token is None or len(device_token) > _MAX_DEVICE_TOKEN_CHARACTERS:
            return None
        nonce, _, given = device_token.partition(".")
        expected = self._keyring.keyed_hashes(
            f"{name}\0{nonce}".encode(errors="replace"), purpose=_DEVICE_PURPOSE
        )
        known = [
            hmac.compare_digest(_text(digest).encode(), given.encode(errors="replace"))
            for _, digest in expected
        ]
        return nonce if any(known) else None

    def csrf_token(self, token: str) -> str:
        _, digest = self._keyring.keyed_hash(token.encode(), purpose=_CSRF_PURPOSE)
        return _text(digest)

    def is_csrf_token_of(self, token: str, csrf_token: str) -> bool:
        given = csrf_token.encode(errors="replace")
        expected = self._keyring.keyed_hashes(token.encode(), purpose=_CSRF_PURPOSE)
        return any(hmac.compare_digest(_text(digest).encode(), given) for _, digest in expected)

    def attempt_key(self, *parts: str) -> bytes:
        """A key to count sign-in tries by, from which neither name nor address can be read."""
        value = "\0".join(parts).encode(errors="replace")
        _, digest = self._keyring.keyed_hash(value, purpose=_ATTEMPT_PURPOSE)
        return digest


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
