"""A sign-in that lasts: known by a token that only its holder has."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId

LIFETIME = timedelta(days=30)
MAX_PER_ACCOUNT = 50
TOKEN_PURPOSE = "login-session"  # noqa: S105 - a label, not a token
TOKEN_PREFIX = "lht_"  # noqa: S105 - lets secret scanners find leaked tokens
USE_NOTED_EVERY = timedelta(minutes=5)
_MAX_TOKEN_CHARACTERS = 100
_MAX_PROGRAM_CHARACTERS = 200


class LoginSessionId(EntityId):
    prefix: ClassVar[str] = "lgs"


@dataclass(frozen=True, slots=True)
class LoginSession:
    """token_hash: HMAC-SHA256 of the token under the key `key_id`; the token itself is not kept.

    program: what the browser or program calls itself. last_used_at: to within some minutes.
    """

    id: LoginSessionId
    account_id: AccountId
    key_id: str
    token_hash: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime
    program: str = ""

    def is_open(self, now: datetime) -> bool:
        return now < self.expires_at


def program_name(user_agent: str) -> str:
    """What to show of a User-Agent header."""
    shown = (sign for sign in user_agent[:1000] if unicodedata.category(sign)[0] != "C")
    return " ".join("".join(shown).split())[:_MAX_PROGRAM_CHARACTERS]


def new_token(random_token: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """A fresh token of 256 random bits."""
    return TOKEN_PREFIX + random_token(32)


def could_be_token(text: str) -> bool:
    """Cheap test that spares the database obvious rubbish."""
    return text.startswith(TOKEN_PREFIX) and len(text) <= _MAX_TOKEN_CHARACTERS and text.isascii()
