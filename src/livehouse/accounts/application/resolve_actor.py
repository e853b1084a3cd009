"""Says who holds a token."""

from __future__ import annotations

from dataclasses import replace

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unauthenticated
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.login_session import USE_NOTED_EVERY, could_be_token
from livehouse.accounts.domain.personal_access_token import could_be_personal_access_token


class ResolveActor:
    """The `ActorResolver` of the contract: login sessions and personal access tokens.

    sends_mail: whether this node does; without it nobody could confirm an address, so nobody has to.
    """

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, tokens: LoginTokens, clock: Clock, *, sends_mail: bool = False
    ) -> None:
        self._unit_of_work = unit_of_work
        self._tokens = tokens
        self._clock = clock
        self._sends_mail = sends_mail

    async def __call__(self, token: str) -> Actor:
        """Raises `Unauthenticated` (invalid-token) when the token is unknown, expired or signed out."""
        actor = None
        if could_be_token(token):
            actor = await self._by_login_session(token)
        elif could_be_personal_access_token(token):
            actor = await self._by_access_token(token)
        if actor is None:
            raise Unauthenticated(
                "invalid-token", "The access token is unknown or has expired. Sign in again."
            )
        return actor if self._sends_mail else replace(actor, is_confirmed=True)

    async def _by_login_session(self, token: str) -> Actor | None:
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            found = await unit.login_sessions.find(self._tokens.hashes(token))
            if found is None or not found[0].is_open(now):
                return None
            login_session, account = found
            if now - login_session.last_used_at >= USE_NOTED_EVERY:
                await unit.login_sessions.note_use(login_session, now)
        return account.actor(now)

    async def _by_access_token(self, token: str) -> Actor | None:
        now = self._clock.now()
        async with self._unit_of_work() as unit:
            found = await unit.access_tokens.find(self._tokens.access_token_hashes(token))
            if found is None or not found[0].is_open(now):
                return None
            access_token, account = found
            if access_token.last_used_at is None or now - access_token.last_used_at >= USE_NOTED_EVERY:
                await unit.access_tokens.note_use(access_token, now)
        return account.actor(now, access_token.scopes)
