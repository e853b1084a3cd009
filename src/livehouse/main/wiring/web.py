"""What the web door keeps in PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.main.wiring.duties import again
from livehouse.web.idempotency.postgres_kept_answers import PostgresKeptAnswers
from livehouse.web.known_actors import KnownActors

_LOOK_FOR_OLD_ANSWERS_S = 60.0
_IDENTITY_TRUSTED_S = 2.0
_IDENTITY_FOLLOWED_S = 30.0


def build_kept_answers(engine: AsyncEngine, clock: Clock, ids: Ids, key_ring: KeyRing) -> PostgresKeptAnswers:
    """key_ring: the node's token keys."""
    return PostgresKeptAnswers(engine, clock, ids, key_ring)


def build_known_actors() -> KnownActors:
    """To be told of changes by `follow_actor_changes`; until then a login is looked up soon again."""
    return KnownActors(_IDENTITY_TRUSTED_S, _IDENTITY_FOLLOWED_S)


def build_web_duties(
    engine: AsyncEngine, clock: Clock, ids: Ids, key_ring: KeyRing
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    kept = build_kept_answers(engine, clock, ids, key_ring)
    return {"kept answers": lambda: again(kept.purge, _LOOK_FOR_OLD_ANSWERS_S)}
