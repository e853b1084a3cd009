"""Kept answers in PostgreSQL, schema `web`. Who asked, the key and the request are in it as hashes under the
node's key ring: whoever has the table alone can try no password and no address on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.expression import bindparam

from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.web.idempotency.kept_answers import (
    CLAIMED_FOR,
    KEPT_FOR,
    MAX_KEPT_PER_OWNER,
    Claimed,
    InProgress,
    KeptAnswer,
    KeyReused,
    RequestKey,
)

_PURGED_AT_ONCE = 1_000

# Takes a free key, one whose time is over, and one whose claim ran out over the same request. One statement,
# so that of several at once one gets it.
_CLAIM = text(
    """
    INSERT INTO web.kept_answer AS kept (owner, key, fingerprint, claim_id, claimed_until, expires_at)
    VALUES (:owner, :key, :fingerprint, :claim_id, :claimed_until, :expires_at)
    ON CONFLICT (owner, key) DO UPDATE SET
        fingerprint = excluded.fingerprint, claim_id = excluded.claim_id,
        claimed_until = excluded.claimed_until, expires_at = excluded.expires_at,
        status = NULL, headers = NULL, body = NULL
    WHERE kept.expires_at <= :now
        OR kept.status IS NULL AND kept.claimed_until <= :now AND kept.fingerprint = excluded.fingerprint
    RETURNING claim_id
    """
)
_LOOK = text(
    "SELECT fingerprint, status, headers, body FROM web.kept_answer WHERE owner = :owner AND key = :key"
)
# What stands under a key of the ring that is no longer the active one. A claim that ran out is free.
_LOOK_BACK = text(
    """
    SELECT fingerprint, status, headers, body FROM web.kept_answer
    WHERE owner = :owner AND key = :key AND expires_at > :now
        AND NOT (status IS NULL AND claimed_until <= :now AND fingerprint = :fingerprint)
    """
)
_COMPLETE = text(
    """
    UPDATE web.kept_answer SET status = :status, headers = :headers, body = :body
    WHERE owner = :owner AND key = :key AND claim_id = :claim_id AND status IS NULL
    """
).bindparams(bindparam("headers", type_=JSONB))
_RELEASE = text(
    """
    DELETE FROM web.kept_answer
    WHERE owner = :owner AND key = :key AND claim_id = :claim_id AND status IS NULL
    """
)
_PURGE = text(
    """
    WITH over AS (
        (SELECT owner, key FROM web.kept_answer WHERE expires_at <= :now LIMIT :at_once)
        UNION
        (SELECT owner, key FROM (
            SELECT owner, key, row_number() OVER (PARTITION BY owner ORDER BY expires_at DESC) AS place
            FROM web.kept_answer
         ) AS placed WHERE place > :most LIMIT :at_once)
    )
    DELETE FROM web.kept_answer AS kept USING over WHERE kept.owner = over.owner AND kept.key = over.key
    """
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A request under one key of the ring. fingerprint: also of owner and key, so that two people's same
    request cannot be told by it."""

    owner: bytes
    key: bytes
    fingerprint: bytes


class PostgresKeptAnswers:
    """The `KeptAnswers` of the port. key_ring: the node's token keys."""

    def __init__(self, engine: AsyncEngine, clock: Clock, ids: Ids, key_ring: KeyRing) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._key_ring = key_ring

    async def claim(self, request: RequestKey) -> Claimed | KeptAnswer | InProgress | KeyReused:
        place, *former = self._places(request)
        now, claim_id = self._clock.now(), self._ids.uuid()
        async with PostgresTransaction(self._engine) as transaction:
            connection = transaction.connection
            for one in former:
                found = (await connection.execute(_LOOK_BACK, {**_columns(one), "now": now})).first()
                if found is not None:
                    return _outcome(found, one)
            taken = await connection.execute(
                _CLAIM,
                {
                    **_columns(place),
                    "claim_id": claim_id,
                    "claimed_until": now + CLAIMED_FOR,
                    "expires_at": now + KEPT_FOR,
                    "now": now,
                },
            )
            if taken.first() is not None:
                return Claimed(claim_id)
            found = (await connection.execute(_LOOK, {"owner": place.owner, "key": place.key})).first()
        return InProgress() if found is None else _outcome(found, place)  # None: released this very moment

    async def complete(self, request: RequestKey, claim_id: UUID, answer: KeptAnswer) -> None:
        place = self._places(request)[0]
        async with PostgresTransaction(self._engine) as transaction:
            await transaction.connection.execute(
                _COMPLETE,
                {
                    "owner": place.owner,
                    "key": place.key,
                    "claim_id": claim_id,
                    "status": answer.status,
                    "headers": dict(answer.headers),
                    "body": answer.body,
                },
            )

    async def release(self, request: RequestKey, claim_id: UUID) -> None:
        place = self._places(request)[0]
        async with PostgresTransaction(self._engine) as transaction:
            await transaction.connection.execute(
                _RELEASE, {"owner": place.owner, "key": place.key, "claim_id": claim_id}
            )

    async def purge(self) -> bool:
        async with PostgresTransaction(self._engine) as transaction:
            gone = await transaction.connection.execute(
                _PURGE,
                {"now": self._clock.now(), "at_once": _PURGED_AT_ONCE, "most": MAX_KEPT_PER_OWNER},
            )
        return gone.rowcount >= _PURGED_AT_ONCE

    def _places(self, request: RequestKey) -> Sequence[_Place]:
        """Under every key of the ring, the active one first."""
        owner, key = request.owner.encode(), request.key.encode()
        whole = len(owner).to_bytes(8, "big") + owner + len(key).to_bytes(8, "big") + key
        hashes = (
            self._key_ring.keyed_hashes(owner, purpose="idempotency owner"),
            self._key_ring.keyed_hashes(key, purpose="idempotency key"),
            self._key_ring.keyed_hashes(whole + request.fingerprint, purpose="idempotency request"),
        )
        return [_Place(*(digest for _, digest in under_one)) for under_one in zip(*hashes, strict=True)]


def _columns(place: _Place) -> dict[str, bytes]:
    return {"owner": place.owner, "key": place.key, "fingerprint": place.fingerprint}


def _outcome(found: Row[Any], place: _Place) -> KeptAnswer | InProgress | KeyReused:
    if bytes(found.fingerprint) != place.fingerprint:
        return KeyReused()
    if found.status is None:
        return InProgress()
    return KeptAnswer(found.status, found.headers, None if found.body is None else bytes(found.body))
