"""How the actions of accounts are done."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.access.everybody import TARGET, World, call
from tests.unit.accounts.stage import Stage

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
from livehouse.accounts.domain.mail_address import MailAddress
from livehouse.accounts.testing import FakePasswordHasher

PASSWORD = "correct horse battery"
TARGET_NAME = str(TARGET.name)


def tokens(world: World) -> LoginTokens:
    return LoginTokens(KeyRing("k", {"k": b"k" * 32}), world.clock, world.ids)


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
    return await SignOut(world.accounts.unit_of_work, tokens(world), world.access)(actor, "lht_whichever")


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
        await unit.accounts.save(replace(account, suspension=Suspension("spam", None)))
    world.is_ready()
    use_case = LiftSuspension(world.accounts.unit_of_work, world.access, world.clock, world.ids)
    return await use_case(actor, TARGET_NAME, reason="promised to stop")


@call(Action.READ_AUDIT_LOG)
async def read_audit_log(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadAuditLog(world.accounts.unit_of_work, world.access)(actor)


# --- the rest on the stage of tests/unit/accounts, with the world's database and access


def on_stage(world: World) -> Stage:
    return Stage(database=world.accounts, clock=world.clock, access=world.access)


@call(Action.READ_SETTINGS)
async def read_settings(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadOwnAccount(world.accounts.unit_of_work, world.access).settings(actor)


@call(Action.CHANGE_PROFILE)
async def change_profile(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).change_profile(actor, bio="hello")


@call(Action.CHANGE_AVATAR)
async def change_avatar(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).change_avatar.remove(actor)


@call(Action.READ_PROFILE)
async def read_profile(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).read_profile(actor, TARGET_NAME)


@call(Action.CONFIRM_MAIL)
async def confirm_mail(world: World, actor: Actor) -> object:
    stage = on_stage(world)
    await stage.sign_up("newcomer", PASSWORD, address="192.0.2.1", mail="newcomer@example.org")
    token = await stage.link()
    world.is_ready()
    return await stage.confirm_mail(token)


@call(Action.REQUEST_CONFIRMATION)
async def request_confirmation(world: World, actor: Actor) -> object:
    async with world.accounts.unit_of_work() as unit:
        account = None if actor.account_id is None else await unit.accounts.by_id(actor.account_id)
        if account is not None:
            await unit.accounts.save(replace(account, pending_mail=MailAddress("new@example.org")))
    world.is_ready()
    return await on_stage(world).ask_for_mail.again(actor)


@call(Action.CHANGE_MAIL)
async def change_mail(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).ask_for_mail.change(actor, "new@example.org", PASSWORD)


@call(Action.CHANGE_PASSWORD)
async def change_password(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).change_password(actor, "lht_whichever", PASSWORD, "another horse")


@call(Action.REQUEST_PASSWORD_RESET)
async def request_password_reset(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).request_reset("target@example.org", address="192.0.2.1")


@call(Action.RESET_PASSWORD)
async def reset_password(world: World, actor: Actor) -> object:
    stage = on_stage(world)
    async with world.accounts.unit_of_work() as unit:
        account = await unit.accounts.by_id(TARGET.require_account())
        assert account is not None
        await unit.accounts.save(replace(account, mail=MailAddress("target@example.org")))
    await stage.request_reset("target@example.org", address="192.0.2.1")
    token = await stage.link()
    world.is_ready()
    return await stage.reset_password(token, "another horse", address="192.0.2.1")


@call(Action.LIST_LOGIN_SESSIONS)
async def list_login_sessions(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).list_logins(actor, "lht_whichever")


@call(Action.END_LOGIN_SESSION)
async def end_login_session(world: World, actor: Actor) -> object:
    stage = on_stage(world)
    name = TARGET_NAME if actor.name is None else actor.name.value
    await stage.sign_in(name, PASSWORD, address="192.0.2.1")
    (login_session,) = world.accounts.tables.login_sessions.values()
    world.is_ready()
    return await stage.end_login(actor, str(login_session.id))


@call(Action.END_OTHER_LOGIN_SESSIONS)
async def end_other_login_sessions(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).end_other_logins(actor, "lht_whichever")


@call(Action.CREATE_ACCESS_TOKEN)
async def create_access_token(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).create_access_token(actor, "overlay", ["chat:write"])


@call(Action.LIST_ACCESS_TOKENS)
async def list_access_tokens(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).list_access_tokens(actor)


@call(Action.REVOKE_ACCESS_TOKEN)
async def revoke_access_token(world: World, actor: Actor) -> object:
    stage = on_stage(world)
    owner = TARGET if actor.is_anonymous else replace(actor, scopes=None, suspension=None)
    token = await stage.create_access_token(owner, "overlay", ["chat:write"])
    world.is_ready()
    return await stage.revoke_access_token(actor, str(token.token.id))


@call(Action.BLOCK_PERSON)
async def block_person(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).block(actor, TARGET_NAME)


@call(Action.UNBLOCK_PERSON)
async def unblock_person(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).unblock(actor, TARGET_NAME)


@call(Action.LIST_BLOCKS)
async def list_blocks(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).list_blocks(actor)


@call(Action.EXPORT_DATA)
async def export_data(world: World, actor: Actor) -> object:
    world.is_ready()
    return [chunk async for chunk in await on_stage(world).export(actor)]


@call(Action.REQUEST_DELETION)
async def request_deletion(world: World, actor: Actor) -> object:
    if actor.is_administrator:  # one who is has to be unmade first: a conflict, not a matter of access
        async with world.accounts.unit_of_work() as unit:
            account = await unit.accounts.by_id(actor.require_account())
            assert account is not None
            await unit.accounts.save(replace(account, is_administrator=False))
    world.is_ready()
    return await on_stage(world).request_deletion(actor, PASSWORD)


@call(Action.CANCEL_DELETION)
async def cancel_deletion(world: World, actor: Actor) -> object:
    world.is_ready()
    return await on_stage(world).cancel_deletion(actor)
