"""A token somebody makes for a program of theirs, good for some things only."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from cpc.kernel.errors import Invalid
from cpc.kernel.ids import EntityId
from livehouse.access.contract import Scope
from livehouse.accounts.contract import AccountId

TOKEN_PREFIX = "lhp_"  # noqa: S105 - lets secret scanners find leaked tokens
TOKEN_PURPOSE = "personal-access-token"  # noqa: S105 - a label
MAX_PER_ACCOUNT = 50
MAX_NAME_CHARACTERS = 60
MAX_LIFETIME = timedelta(days=3660)
_MAX_TOKEN_CHARACTERS = 100


class PersonalAccessTokenId(EntityId):
    prefix: ClassVar[str] = "pat"


@dataclass(frozen=True, slots=True)
class PersonalAccessToken:
    """expires_at: None for one without an end. last_used_at: to within some minutes."""

    id: PersonalAccessTokenId
    account_id: AccountId
    name: str
    scopes: frozenset[Scope]
    key_id: str
    token_hash: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def new_token(random_token: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """256 random bits."""
    return TOKEN_PREFIX + random_token(32)


def could_be_personal_access_token(text: str) -> bool:
    return text.startswith(TOKEN_PREFIX) and len(text) <= _MAX_TOKEN_CHARACTERS and text.isascii()


def valid_name(name: str) -> str:
    """Raises `Invalid` (token-name)."""
    line = " ".join(name[: MAX_NAME_CHARACTERS * 4].split())
    if not line or len(line) > MAX_NAME_CHARACTERS or any(unicodedata.category(s)[0] == "C" for s in line):
        raise Invalid("token-name", f"A token needs a name of 1 to {MAX_NAME_CHARACTERS} visible characters.")
    return line


def valid_scopes(scopes: Iterable[str]) -> frozenset[Scope]:
    """Raises `Invalid` (token-scope)."""
    known = {scope.value: scope for scope in Scope}
    asked = frozenset(scopes)
    if not asked or not asked <= known.keys():
        raise Invalid("token-scope", f"A token needs one or more of these scopes: {', '.join(known)}.")
    return frozenset(known[scope] for scope in asked)


def valid_lifetime(lifetime: timedelta | None) -> timedelta | None:
    """Raises `Invalid` (token-lifetime)."""
    if lifetime is not None and not timedelta(minutes=1) <= lifetime <= MAX_LIFETIME:
        raise Invalid("token-lifetime", "A token lives at least a minute and at most ten years.")
    return lifetime
