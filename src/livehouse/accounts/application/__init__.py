"""What one can do with accounts."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.accounts.application.login_tokens import LoginTokens, SignedIn
from livehouse.accounts.application.queries import FindPeople, ReadOwnAccount
from livehouse.accounts.application.read_administration import FindAccount, ListAccounts, ReadAuditLog
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.application.suspend_account import LiftSuspension, SuspendAccount
from livehouse.accounts.domain.account import Account

__all__ = ["Account", "AccountsUseCases", "SignedIn"]


@dataclass(frozen=True, slots=True)
class AccountsUseCases:
    """people: the facade other slices are given. resolve_actor and tokens: how the door knows who acts."""

    sign_up: SignUp
    sign_in: SignIn
    sign_out: SignOut
    resolve_actor: ResolveActor
    read_own_account: ReadOwnAccount
    find_account: FindAccount
    list_accounts: ListAccounts
    suspend_account: SuspendAccount
    lift_suspension: LiftSuspension
    read_audit_log: ReadAuditLog
    people: FindPeople
    tokens: LoginTokens
