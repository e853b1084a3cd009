"""Kept answers in PostgreSQL, schema `web`. Neither who asked nor the key is in it, only their hashes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.expression import bindparam

from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
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


class PostgresKeptAnswers:
    """The `KeptAnswers` of the port."""

    def __init__(self, engine: AsyncEngine, clock: Clock, ids: Ids) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids

    async def claim(self, request: RequestKey) -> Claimed | KeptAnswer | InProgress | KeyReused:
        now, claim_id = self._clock.now(), self._ids.uuid()
        place = {"owner": request.owner, "key": request.key}
        async with PostgresTransaction(self._engine) as transaction:
            taken = await transaction.connection.execute(
                _CLAIM,
                {
                    **place,
                    "fingerprint": request.fingerprint,
                    "claim_id": claim_id,
                    "claimed_until": now + CLAIMED_FOR,
                    "expires_at": now + KEPT_FOR,
                    "now": now,
                },
            )
            if taken.first() is not None:
                return Claimed(claim_id)
            found = (await transaction.connection.execute(_LOOK, place)).first()
        if found is None:
            return InProgress()  # it was released this very moment
        if bytes(found.fingerprint) != request.fingerprint:
            return KeyReused()
        if found.status is None:
            return InProgress()
        return KeptAnswer(found.status, found.headers, None if found.body is None else bytes(found.body))

    async def complete(self, request: RequestKey, claim_id: UUID, answer: KeptAnswer) -> None:
        async with PostgresTransaction(self._engine) as transaction:
            await transaction.connection.execute(
                _COMPLETE,
                {
                    "owner": request.owner,
                    "key": request.key,
                    "claim_id": claim_id,
                    "status": answer.status,
                    "headers": dict(answer.headers),
                    "body": answer.body,
                },
            )

    async def release(self, request: RequestKey, claim_id: UUID) -> None:
        async with PostgresTransaction(self._engine) as transaction:
            await transaction.connection.execute(
                _RELEASE, {"owner": request.owner, "key": request.key, "claim_id": claim_id}
            )

    async def purge(self) -> bool:
        async with PostgresTransaction(self._engine) as transaction:
            gone = await transaction.connection.execute(
                _PURGE,
                {"now": self._clock.now(), "at_once": _PURGED_AT_ONCE, "most": MAX_KEPT_PER_OWNER},
            )
        return gone.rowcount >= _PURGED_AT_ONCE
