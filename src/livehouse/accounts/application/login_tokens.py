"""Tokens and what is derived from them under the node's keys."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import LIFETIME, TOKEN_PURPOSE, LoginSession, new_token

_CSRF_PURPOSE = "csrf"
_ATTEMPT_PURPOSE = "sign-in-attempt"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """token: shown to its holder once; csrf_token: what unsafe requests by cookie must carry."""

    account: Account
    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    lifetime: timedelta


class LoginTokens:
    def __init__(
        self, keyring: KeyRing, clock: Clock, random_token: Callable[[int], str] = secrets.token_urlsafe
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._random_token = random_token

    def open(self, account: Account) -> tuple[LoginSession, SignedIn]:
        """A new login session for the account and what its holder gets."""
        token = new_token(self._random_token)
        key_id, token_hash = self._keyring.keyed_hash(token.encode(), purpose=TOKEN_PURPOSE)
        now = self._clock.now()
        login_session = LoginSession(account.id, key_id, token_hash, now, now + LIFETIME)
        return login_session, SignedIn(account, token, self.csrf_token(token), LIFETIME)

    def hashes(self, token: str) -> list[tuple[str, bytes]]:
        return self._keyring.keyed_hashes(token.encode(), purpose=TOKEN_PURPOSE)

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
