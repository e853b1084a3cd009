"""Login sessions, personal access tokens and one-time tokens in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from livehouse.accounts.application.ports import Hashes
from livehouse.accounts.contract import AccountId
from livehouse.accounts.domain.account import Account
from livehouse.accounts.domain.login_session import LoginSession, LoginSessionId
from livehouse.accounts.domain.outgoing_mail import MailKind, OneTimeToken
from livehouse.accounts.domain.personal_access_token import PersonalAccessToken, PersonalAccessTokenId
from livehouse.accounts.testing.tables import Tables


class _Hashed(Protocol):
    @property
    def key_id(self) -> str: ...


_Token = TypeVar("_Token", bound=_Hashed)


def _among(tokens: Mapping[bytes, _Token], hashes: Hashes) -> _Token | None:
    for key_id, token_hash in hashes:
        found = tokens.get(token_hash)
        if found is not None and found.key_id == key_id:
            return found
    return None


class InMemoryLoginSessions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, login_session: LoginSession, *, keep_newest: int) -> None:
        self._tables.login_sessions[login_session.token_hash] = login_session
        newest_first = sorted(
            self._of(login_session.account_id), key=lambda other: other.created_at, reverse=True
        )
        for place, other in enumerate(newest_first):
            if place >= keep_newest or other.expires_at <= login_session.created_at:
                del self._tables.login_sessions[other.token_hash]

    async def find(self, hashes: Hashes) -> tuple[LoginSession, Account] | None:
        found = _among(self._tables.login_sessions, hashes)
        return None if found is None else (found, self._tables.accounts[found.account_id][0])

    async def of_account(self, account_id: AccountId) -> Sequence[LoginSession]:
        return sorted(self._of(account_id), key=lambda one: (one.last_used_at, one.created_at), reverse=True)

    async def note_use(self, login_session: LoginSession, at: datetime) -> None:
        self._tables.login_sessions[login_session.token_hash] = replace(login_session, last_used_at=at)

    async def remove(self, hashes: Hashes) -> None:
        found = _among(self._tables.login_sessions, hashes)
        if found is not None:
            del self._tables.login_sessions[found.token_hash]

    async def remove_one(self, account_id: AccountId, session_id: LoginSessionId) -> bool:
        for one in self._of(account_id):
            if one.id == session_id:
                del self._tables.login_sessions[one.token_hash]
                return True
        return False

    async def remove_others(self, account_id: AccountId, but: Hashes) -> int:
        kept = _among(self._tables.login_sessions, but)
        others = [one for one in self._of(account_id) if one != kept]
        for one in others:
            del self._tables.login_sessions[one.token_hash]
        return len(others)

    def _of(self, account_id: AccountId) -> list[LoginSession]:
        return [one for one in self._tables.login_sessions.values() if one.account_id == account_id]


class InMemoryAccessTokens:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, token: PersonalAccessToken) -> None:
        self._tables.access_tokens[token.token_hash] = token

    async def find(self, hashes: Hashes) -> tuple[PersonalAccessToken, Account] | None:
        found = _among(self._tables.access_tokens, hashes)
        return None if found is None else (found, self._tables.accounts[found.account_id][0])

    async def of_account(self, account_id: AccountId) -> Sequence[PersonalAccessToken]:
        mine = [one for one in self._tables.access_tokens.values() if one.account_id == account_id]
        return sorted(mine, key=lambda one: (one.created_at, one.id))

    async def note_use(self, token: PersonalAccessToken, at: datetime) -> None:
        self._tables.access_tokens[token.token_hash] = replace(token, last_used_at=at)

    async def remove(self, account_id: AccountId, token_id: PersonalAccessTokenId) -> bool:
        for one in await self.of_account(account_id):
            if one.id == token_id:
                del self._tables.access_tokens[one.token_hash]
                return True
        return False

    async def remove_all(self, account_id: AccountId) -> None:
        for one in await self.of_account(account_id):
            del self._tables.access_tokens[one.token_hash]


class InMemoryOneTimeTokens:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, token: OneTimeToken, *, keep_newest: int) -> None:
        newest_first = sorted(
            self._of(token.account_id, token.kind), key=lambda one: one.expires_at, reverse=True
        )
        for one in newest_first[keep_newest - 1 :]:
            del self._tables.one_time_tokens[one.token_hash]
        self._tables.one_time_tokens[token.token_hash] = token

    async def find(self, hashes: Hashes) -> OneTimeToken | None:
        return _among(self._tables.one_time_tokens, hashes)

    async def take(self, hashes: Hashes) -> OneTimeToken | None:
        found = _among(self._tables.one_time_tokens, hashes)
        if found is not None:
            del self._tables.one_time_tokens[found.token_hash]
        return found

    async def remove_all(self, account_id: AccountId, kind: MailKind) -> None:
        for one in self._of(account_id, kind):
            del self._tables.one_time_tokens[one.token_hash]

    def _of(self, account_id: AccountId, kind: MailKind) -> list[OneTimeToken]:
        return [
            one
            for one in self._tables.one_time_tokens.values()
            if (one.account_id, one.kind) == (account_id, kind)
        ]
