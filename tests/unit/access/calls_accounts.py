"""How the actions of accounts are done."""

from __future__ import annotations

from tests.unit.access.everybody import TARGET, World, call

from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Action, Suspension
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.queries import ReadOwnAccount
from livehouse.accounts.application.read_administration import FindAccount, ListAccounts, ReadAuditLog
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_out import SignOut
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.application.suspend_account import LiftSuspension, SuspendAccount
from livehouse.accounts.contract import Actor
from livehouse.accounts.testing import FakePasswordHasher

PASSWORD = "correct horse battery"
TARGET_NAME = str(TARGET.name)


def tokens(world: World) -> LoginTokens:
    return LoginTokens(KeyRing("k", {"k": b"k" * 32}), world.clock)


@call(Action.SIGN_UP)
async def sign_up(world: World, actor: Actor) -> object:
    world.is_ready()
    use_case = SignUp(
        world.accounts.unit_of_work,
        FakePasswordHasher(),
        tokens(world),
        world.clock,
        world.ids,
        world.access,
    )
    return await use_case("newcomer", PASSWORD, address="192.0.2.1")


@call(Action.SIGN_IN)
async def sign_in(world: World, actor: Actor) -> object:
    world.is_ready()
    use_case = SignIn(
        world.accounts.unit_of_work, FakePasswordHasher(), tokens(world), world.clock, world.access
    )
    return await use_case(TARGET_NAME, PASSWORD, address="192.0.2.1")


@call(Action.SIGN_OUT)
async def sign_out(world: World, actor: Actor) -> object:
    world.is_ready()
    return await SignOut(world.accounts.unit_of_work, tokens(world), world.access)("lht_whichever")


@call(Action.READ_OWN_ACCOUNT)
async def read_own_account(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadOwnAccount(world.accounts.unit_of_work, world.access)(actor)


@call(Action.FIND_ACCOUNT)
async def find_account(world: World, actor: Actor) -> object:
    world.is_ready()
    return await FindAccount(world.accounts.unit_of_work, world.access)(actor, TARGET_NAME)


@call(Action.LIST_ACCOUNTS)
async def list_accounts(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListAccounts(world.accounts.unit_of_work, world.access, world.clock)(actor)


@call(Action.SUSPEND_ACCOUNT)
async def suspend_account(world: World, actor: Actor) -> object:
    world.is_ready()
    use_case = SuspendAccount(world.accounts.unit_of_work, world.access, world.clock, world.ids)
    return await use_case(actor, TARGET_NAME, reason="spam", until=None)


@call(Action.LIFT_SUSPENSION)
async def lift_suspension(world: World, actor: Actor) -> object:
    async with world.accounts.unit_of_work() as unit:
        account = await unit.accounts.by_id(TARGET.require_account())
        assert account is not None
        await unit.accounts.set_suspension(account.id, Suspension("spam", None))
    world.is_ready()
    use_case = LiftSuspension(world.accounts.unit_of_work, world.access, world.clock, world.ids)
    return await use_case(actor, TARGET_NAME, reason="promised to stop")


@call(Action.READ_AUDIT_LOG)
async def read_audit_log(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadAuditLog(world.accounts.unit_of_work, world.access)(actor)
