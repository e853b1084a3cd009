"""Personal access tokens: made, listed, taken back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Forbidden, NotFound
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action, Scope
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.queries import own_account
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.personal_access_token import (
    MAX_PER_ACCOUNT,
    PersonalAccessToken,
    PersonalAccessTokenId,
    new_token,
    valid_lifetime,
    valid_name,
    valid_scopes,
)

__all__ = [
    "CreateAccessToken",
    "ListAccessTokens",
    "PersonalAccessToken",
    "RevokeAccessToken",
    "ShownAccessToken",
]


@dataclass(frozen=True, slots=True)
class ShownAccessToken:
    """secret: shown this once."""

    token: PersonalAccessToken
    secret: str = field(repr=False)


class CreateAccessToken:
    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        tokens: LoginTokens,
        clock: Clock,
        ids: Ids,
        random_token: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._tokens = tokens
        self._clock = clock
        self._ids = ids
        self._random_token = random_token

    async def __call__(
        self, actor: Actor, name: str, scopes: Collection[str], lifetime: timedelta | None = None
    ) -> ShownAccessToken:
        """lifetime: None for one without an end.

        Raises `Unauthenticated`, `Forbidden` (also for a scope that is for administrators), `Invalid`,
        `Conflict` (too-many-access-tokens).
        """
        await self._access.require(actor, Action.CREATE_ACCESS_TOKEN)
        name, allowed, lifetime = valid_name(name), valid_scopes(scopes), valid_lifetime(lifetime)
        secret = new_token(self._random_token)
        key_id, token_hash = self._tokens.hash_access_token(secret)
        now = self._clock.now()
        token = PersonalAccessToken(
            id=PersonalAccessTokenId(self._ids.uuid()),
            account_id=actor.require_account(),
            name=name,
            scopes=allowed,
            key_id=key_id,
            token_hash=token_hash,
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
        async with self._unit_of_work() as unit:
            # Locked, for tokens are counted, and who is appointed this moment keeps none made before.
            account = await own_account(unit.accounts, actor, for_update=True)
            if Scope.ADMINISTRATION in allowed and not account.is_administrator:
                raise Forbidden(
                    "not-allowed", f"Only administrators may make a token for '{Scope.ADMINISTRATION}'."
                )
            mine = await unit.access_tokens.of_account(token.account_id)
            for old in mine:
                if not old.is_open(now):
                    await unit.access_tokens.remove(token.account_id, old.id)
            if sum(old.is_open(now) for old in mine) >= MAX_PER_ACCOUNT:
                raise Conflict(
                    "too-many-access-tokens",
                    f"You have {MAX_PER_ACCOUNT} access tokens. Take one back that you do not need.",
                )
            await unit.access_tokens.add(token)
        return ShownAccessToken(token, secret)


class ListAccessTokens:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock

    async def __call__(self, actor: Actor) -> Sequence[PersonalAccessToken]:
        """Those that still count, the oldest first. Raises `Unauthenticated`, `Forbidden`."""
        await self._access.require(actor, Action.LIST_ACCESS_TOKENS)
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            found = await unit.access_tokens.of_account(actor.require_account())
        return [token for token in found if token.is_open(now)]


class RevokeAccessToken:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, token_id: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `Invalid`, `NotFound` (no-such-access-token)."""
        await self._access.require(actor, Action.REVOKE_ACCESS_TOKEN)
        async with self._unit_of_work() as unit:
            removed = await unit.access_tokens.remove(
                actor.require_account(), PersonalAccessTokenId.parse(token_id)
            )
        if not removed:
            raise NotFound("no-such-access-token", "You have no such access token.")
