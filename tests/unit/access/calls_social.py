"""How the actions of social are done."""

from __future__ import annotations

from tests.unit.access.everybody import CAST, World, call

from livehouse.access.contract import Action, Role
from livehouse.accounts.application.queries import FindNames
from livehouse.accounts.contract import AccountId, Actor
from livehouse.social.application.follow_channel import EndFollow, FollowChannel, UnfollowChannel
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.relationship import ReadRelationship


class _NobodyBlocks:
    """`People` without a block."""

    async def actor(self, account_id: AccountId) -> Actor:
        raise NotImplementedError

    async def has_blocked(self, account_id: AccountId, other: AccountId) -> bool:
        return False


def _end_follow(world: World) -> EndFollow:
    return EndFollow(world.social.unit_of_work, world.clock, world.ids)


def _channel_to_follow(actor: Actor) -> str:
    """Nobody follows themselves, so the owner follows another's channel."""
    return "elsewhere" if actor.account_id == CAST[Role.OWNER].account_id else "ada"


@call(Action.FOLLOW_CHANNEL)
async def follow_channel(world: World, actor: Actor) -> object:
    follow = FollowChannel(
        world.social.unit_of_work,
        world.social_channels,
        _NobodyBlocks(),
        world.access,
        _end_follow(world),
        world.clock,
        world.ids,
    )
    world.is_ready()
    return await follow(actor, _channel_to_follow(actor))


@call(Action.UNFOLLOW_CHANNEL)
async def unfollow_channel(world: World, actor: Actor) -> object:
    world.is_ready()
    return await UnfollowChannel(world.social_channels, world.access, _end_follow(world))(actor, "ada")


@call(Action.LIST_FOLLOWING)
async def list_following(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListFollowing(world.social.unit_of_work, world.social_channels, world.access)(actor)


@call(Action.LIST_FOLLOWERS)
async def list_followers(world: World, actor: Actor) -> object:
    names = FindNames(world.accounts.unit_of_work)
    world.is_ready()
    listing = ListFollowers(world.social.unit_of_work, world.social_channels, names, world.access)
    return await listing(actor, "ada")


@call(Action.COUNT_FOLLOWERS)
async def count_followers(world: World, actor: Actor) -> object:
    world.is_ready()
    return await CountFollowers(world.social.unit_of_work, world.social_channels, world.access)(actor, "ada")


@call(Action.READ_RELATIONSHIP)
async def read_relationship(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ReadRelationship(world.social.unit_of_work, world.social_channels, world.access)(
        actor, "ada"
    )
