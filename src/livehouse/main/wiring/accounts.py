"""The accounts slice on PostgreSQL and argon2."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.adapters.argon2_password_hasher import Argon2PasswordHasher
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import PasswordHasher, UnitOfWork
from livehouse.accounts.application.queries import AccountById
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp


def build_accounts(
    engine: AsyncEngine, clock: Clock, ids: Ids, keyring: KeyRing, hasher: PasswordHasher | None = None
) -> AccountsUseCases:
    """keyring: the node's token keys. hasher: argon2id unless another is given."""
    hasher = hasher or Argon2PasswordHasher()
    tokens = LoginTokens(keyring, clock)

    def unit_of_work() -> UnitOfWork:
        return PostgresAccountsUnitOfWork(engine)

    return AccountsUseCases(
        sign_up=SignUp(unit_of_work, hasher, tokens, clock, ids),
        sign_in=SignIn(unit_of_work, hasher, tokens, clock),
        sign_out=SignOut(unit_of_work, tokens),
        resolve_actor=ResolveActor(unit_of_work, tokens, clock),
        account_by_id=AccountById(unit_of_work),
        tokens=tokens,
    )
