"""What is kept of the answers to requests with a key, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

KEPT_FOR = timedelta(hours=24)
CLAIMED_FOR = timedelta(seconds=60)
"""Longer than any request takes. A process that was killed over one holds its key no longer than this."""
MAX_BODY_BYTES = 64 * 1024
MAX_KEPT_PER_OWNER = 1_000


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Never written down as it is: a request may hold a password, and an address is one of few.

    owner: who asks. fingerprint: SHA-256 of the request itself.
    """

    owner: str
    key: str = field(repr=False)
    fingerprint: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """body: None where it must not be kept, for it holds a secret, or could not, for its size."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Nobody did it yet: do it, then `complete` or `release` under this id."""

    claim_id: UUID


@dataclass(frozen=True, slots=True)
class InProgress:
    """The same request is being carried out, or was when its process died."""


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key came with another request before."""


class KeptAnswers(Protocol):
    """Raises `Unavailable`."""

    async def claim(self, request: RequestKey) -> Claimed | KeptAnswer | InProgress | KeyReused: ...

    async def complete(self, request: RequestKey, claim_id: UUID, answer: KeptAnswer) -> None:
        """Keep it. Without effect once somebody else has claimed the key."""
        ...

    async def release(self, request: RequestKey, claim_id: UUID) -> None:
        """Nothing was done: the next request with the key is carried out."""
        ...

    async def purge(self) -> bool:
        """Forget what is too old or too much; whether there may be more of it."""
        ...
