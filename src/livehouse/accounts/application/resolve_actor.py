"""Says who holds a token."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unauthenticated
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.login_session import could_be_token


class ResolveActor:
    """The `ActorResolver` of the contract."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, tokens: LoginTokens, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, token: str) -> Actor:
        """Raises `Unauthenticated` (invalid-token) when the token is unknown, expired or signed out."""
        found = None
        if could_be_token(token):
            async with self._unit_of_work() as unit:
                found = await unit.login_sessions.find(self._tokens.hashes(token))
        now = self._clock.now()
        if found is None or not found[0].is_open(now):
            raise Unauthenticated(
                "invalid-token", "The access token is unknown or has expired. Sign in again."
            )
        _, account = found
        return account.actor(now)
