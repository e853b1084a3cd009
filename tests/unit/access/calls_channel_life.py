"""How the actions of the life of channels and of their roles are done."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.access.calls_accounts import PASSWORD, tokens
from tests.unit.access.everybody import TARGET, World, call
from tests.unit.streaming.stage import CHANNEL

from livehouse.access.contract import Action, Suspension
from livehouse.accounts.application.check_password import CheckPassword
from livehouse.accounts.application.queries import FindNames, FindPeople, FindPersonCards
from livehouse.accounts.application.record_deed import RecordDeed
from livehouse.accounts.application.rename_account import RenameAccount
from livehouse.accounts.application.tell_owner import TellOfChannelDeletion
from livehouse.accounts.contract import Actor
from livehouse.accounts.testing import FakePasswordHasher, FakePersonCards
from livehouse.channel.application.create_channel import CreateChannel, CreateChannelAgain
from livehouse.channel.application.delete_channel import CancelChannelDeletion, RequestChannelDeletion
from livehouse.channel.application.read_administration import ListAllChannels
from livehouse.channel.application.rename_channel import MayRenameChannel, TakeAccountName
from livehouse.channel.application.roles import GrantRole, ListOwnChannels, ListRoles, RevokeRole
from livehouse.channel.application.suspend_channel import ReinstateChannel, SuspendChannel
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant
from livehouse.processes.deleting_channel import DeleteChannel
from livehouse.processes.renaming_channel import RenameChannel

TARGET_NAME = str(TARGET.name)


def names(world: World) -> FindNames:
    return FindNames(world.accounts.unit_of_work)


def cards(world: World) -> FindPersonCards:
    return FindPersonCards(world.accounts.unit_of_work)


def people(world: World) -> FindPeople:
    return FindPeople(world.accounts.unit_of_work, world.clock)


@call(Action.CREATE_CHANNEL)
async def create_channel(world: World, actor: Actor) -> object:
    units = world.channels.unit_of_work
    async with units() as unit:
        own = None if actor.account_id is None else await unit.channels.by_owner(actor.account_id)
        if own is not None:
            await unit.channels.erase(own, world.clock.now())
    world.is_ready()
    create = CreateChannel(units, world.clock, world.ids)
    return await CreateChannelAgain(units, world.access, people(world), create)(actor)


@call(Action.RENAME_CHANNEL)
async def rename_channel(world: World, actor: Actor) -> object:
    units = world.channels.unit_of_work
    world.is_ready()
    use_case = RenameChannel(
        MayRenameChannel(units, world.access),
        RenameAccount(world.accounts.unit_of_work, world.clock, world.ids),
        TakeAccountName(units, world.clock, world.ids),
    )
    return await use_case(actor, "ada", "lovelace")


@call(Action.REQUEST_CHANNEL_DELETION)
async def request_deletion(world: World, actor: Actor) -> object:
    world.is_ready()
    request = RequestChannelDeletion(world.channels.unit_of_work, world.access, world.clock, world.ids)
    units, hasher = world.accounts.unit_of_work, FakePasswordHasher()
    use_case = DeleteChannel(
        request,
        CheckPassword(units, hasher, tokens(world), world.clock),
        TellOfChannelDeletion(units, world.clock, world.ids),
    )
    return await use_case(actor, "ada", PASSWORD)


@call(Action.CANCEL_CHANNEL_DELETION)
async def cancel_deletion(world: World, actor: Actor) -> object:
    world.is_ready()
    cancel = CancelChannelDeletion(world.channels.unit_of_work, world.access, world.clock, world.ids)
    await cancel(actor, "ada")
    return None


@call(Action.LIST_OWN_CHANNELS)
async def list_own_channels(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListOwnChannels(world.channels.unit_of_work, world.access, world.clock)(actor)


@call(Action.LIST_ROLES)
async def list_roles(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListRoles(world.channels.unit_of_work, world.access, cards(world))(actor, "ada")


@call(Action.GRANT_ROLE)
async def grant_role(world: World, actor: Actor) -> object:
    world.is_ready()
    grant = GrantRole(
        world.channels.unit_of_work,
        world.access,
        people(world),
        names(world),
        cards(world),
        world.clock,
        world.ids,
    )
    return await grant(actor, "ada", TARGET_NAME, ChannelRole.MODERATOR)


@call(Action.REVOKE_ROLE)
async def revoke_role(world: World, actor: Actor) -> object:
    await hold_role(world, TARGET)
    world.is_ready()
    await revoking(world)(actor, "ada", TARGET_NAME)
    return None


@call(Action.LAY_DOWN_ROLE)
async def lay_down_role(world: World, actor: Actor) -> object:
    if not actor.is_anonymous:
        await hold_role(world, actor)
    world.is_ready()
    await revoking(world).lay_down(actor, "ada")
    return None


@call(Action.LIST_ALL_CHANNELS)
async def list_all_channels(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListAllChannels(world.channels.unit_of_work, FakePersonCards(), world.access, world.clock)(
        actor
    )


@call(Action.SUSPEND_CHANNEL)
async def suspend_channel(world: World, actor: Actor) -> object:
    world.is_ready()
    log = RecordDeed(world.accounts.unit_of_work)
    suspend = SuspendChannel(world.channels.unit_of_work, world.access, log, world.clock, world.ids)
    return await suspend(actor, "ada", reason="spam", until=None)


@call(Action.REINSTATE_CHANNEL)
async def reinstate_channel(world: World, actor: Actor) -> object:
    async with world.channels.unit_of_work() as unit:
        channel = await unit.channels.by_id(CHANNEL.id)
        assert channel is not None
        await unit.channels.save(replace(channel, suspension=Suspension("spam", None)))
    world.is_ready()
    log = RecordDeed(world.accounts.unit_of_work)
    reinstate = ReinstateChannel(world.channels.unit_of_work, world.access, log, world.clock, world.ids)
    await reinstate(actor, "ada", reason="a mistake")
    return None


def revoking(world: World) -> RevokeRole:
    return RevokeRole(world.channels.unit_of_work, world.access, names(world), world.clock, world.ids)


async def hold_role(world: World, actor: Actor) -> None:
    async with world.channels.unit_of_work() as unit:
        await unit.roles.put(
            RoleGrant(CHANNEL.id, actor.require_account(), ChannelRole.VIP, world.clock.now())
        )
