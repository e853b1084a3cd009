"""The holder of a token ends its login session."""

from __future__ import annotations

from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.login_session import could_be_token


class SignOut:
    def __init__(self, unit_of_work: UnitOfWorkFactory, tokens: LoginTokens, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._tokens = tokens
        self._access = access

    async def __call__(self, actor: Actor, token: str) -> None:
        """actor: whose token it is, anonymous where it counts no more: doing it twice is fine.

        Raises `Forbidden` (login-required) for a personal access token, which is not ended so.
        """
        await self._access.require(actor, Action.SIGN_OUT)
        if not could_be_token(token):
            return
        async with self._unit_of_work() as unit:
            await unit.login_sessions.remove(self._tokens.hashes(token))
