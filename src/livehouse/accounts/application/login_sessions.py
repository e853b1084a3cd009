"""Where somebody is signed in, and signing out there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.contract import Actor
from livehouse.accounts.domain.login_session import LoginSession, LoginSessionId


@dataclass(frozen=True, slots=True)
class ListedLoginSession:
    """is_current: the one that asks."""

    login_session: LoginSession
    is_current: bool


class ListLoginSessions:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, tokens: LoginTokens, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, actor: Actor, token: str) -> Sequence[ListedLoginSession]:
        """token: of this login. Those that still count, the one used last first."""
        await self._access.require(actor, Action.LIST_LOGIN_SESSIONS)
        async with self._unit_of_work() as unit:
            found = await unit.login_sessions.of_account(actor.require_account())
        now, mine = self._clock.now(), {token_hash for _, token_hash in self._tokens.hashes(token)}
        return [ListedLoginSession(one, one.token_hash in mine) for one in found if one.is_open(now)]


class EndLoginSession:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(self, actor: Actor, session_id: str) -> None:
        """Raises `Unauthenticated`, `Forbidden`, `Invalid`, `NotFound` (no-such-login)."""
        await self._access.require(actor, Action.END_LOGIN_SESSION)
        async with self._unit_of_work() as unit:
            ended = await unit.login_sessions.remove_one(
                actor.require_account(), LoginSessionId.parse(session_id)
            )
        if not ended:
            raise NotFound("no-such-login", "There is no such login. It may have ended already.")


class EndOtherLoginSessions:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, tokens: LoginTokens) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._tokens = tokens

    async def __call__(self, actor: Actor, token: str) -> int:
        """token: of this login, which stays. How many ended."""
        await self._access.require(actor, Action.END_OTHER_LOGIN_SESSIONS)
        async with self._unit_of_work() as unit:
            return await unit.login_sessions.remove_others(
                actor.require_account(), self._tokens.hashes(token)
            )
