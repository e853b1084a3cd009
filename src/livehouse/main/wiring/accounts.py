"""The accounts slice on PostgreSQL and argon2."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.adapters.argon2_password_hasher import Argon2PasswordHasher
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.application.appoint_administrator import AppointAdministrator
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import PasswordHasher, UnitOfWork, UnitOfWorkFactory
from livehouse.accounts.application.queries import FindPeople, ReadOwnAccount
from livehouse.accounts.application.read_administration import FindAccount, ListAccounts, ReadAuditLog
from livehouse.accounts.application.resolve_actor import ResolveActor
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.application.suspend_account import LiftSuspension, SuspendAccount
from livehouse.accounts.contract import People
from livehouse.main.wiring.access import build_access


def build_accounts(
    engine: AsyncEngine, clock: Clock, ids: Ids, keyring: KeyRing, hasher: PasswordHasher | None = None
) -> AccountsUseCases:
    """keyring: the node's token keys. hasher: argon2id unless another is given."""
    hasher = hasher or Argon2PasswordHasher()
    tokens = LoginTokens(keyring, clock)
    unit_of_work = _units(engine)
    access = build_access(engine, clock)
    return AccountsUseCases(
        sign_up=SignUp(unit_of_work, hasher, tokens, clock, ids, access),
        sign_in=SignIn(unit_of_work, hasher, tokens, clock, access),
        sign_out=SignOut(unit_of_work, tokens, access),
        resolve_actor=ResolveActor(unit_of_work, tokens, clock),
        read_own_account=ReadOwnAccount(unit_of_work, access),
        find_account=FindAccount(unit_of_work, access),
        list_accounts=ListAccounts(unit_of_work, access, clock),
        suspend_account=SuspendAccount(unit_of_work, access, clock, ids),
        lift_suspension=LiftSuspension(unit_of_work, access, clock, ids),
        read_audit_log=ReadAuditLog(unit_of_work, access),
        people=FindPeople(unit_of_work, clock),
        tokens=tokens,
    )


def build_people(engine: AsyncEngine, clock: Clock) -> People:
    """The facade other slices are given."""
    return FindPeople(_units(engine), clock)


def build_appoint_administrator(engine: AsyncEngine, clock: Clock, ids: Ids) -> AppointAdministrator:
    """For the command line."""
    return AppointAdministrator(_units(engine), clock, ids)


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresAccountsUnitOfWork(engine)

    return unit_of_work
