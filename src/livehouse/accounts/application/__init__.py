"""What one can do with accounts."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.accounts.application.login_tokens import LoginTokens, SignedIn
from livehouse.accounts.application.queries import AccountById
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp

__all__ = ["AccountsUseCases", "SignedIn"]


@dataclass(frozen=True, slots=True)
class AccountsUseCases:
    sign_up: SignUp
    sign_in: SignIn
    sign_out: SignOut
    resolve_actor: ResolveActor
    account_by_id: AccountById
    tokens: LoginTokens
