"""How the actions of social are done."""

from __future__ import annotations

from tests.unit.access.everybody import CAST, CHANNEL, NOW, OTHER_CHANNEL, TARGET, World, call

from livehouse.access.contract import Action, Role
from livehouse.accounts.application.queries import FindNames, FindPersonCards
from livehouse.accounts.contract import AccountId, Actor
from livehouse.accounts.testing import FakePersonCards
from livehouse.channel.contract import ChannelId
from livehouse.channel.testing import FakeChannelCards
from livehouse.social.adapters.manual_payments import ManualPayments
from livehouse.social.application.change_tiers import ChangeTier, CreateTier, ListTiers, WithdrawTier
from livehouse.social.application.find_hindrance import FindHindrance
from livehouse.social.application.follow_channel import EndFollow, FollowChannel, UnfollowChannel
from livehouse.social.application.grant_subscription import GrantSubscription
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.list_subscriptions import ListPayments, ListSubscriptions, ListSupporters
from livehouse.social.application.relationship import ReadRelationship
from livehouse.social.application.remove_supporter import RemoveSupporter
from livehouse.social.application.settle_payment import ConfirmPayment, PaymentDesk, RefusePayment
from livehouse.social.application.subscribe import CancelSubscription, ChangeSubscription, TakeTier
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import PaidSubscription
from livehouse.social.domain.tier import SubscriptionTier, TierId
from livehouse.social.domain.transitions import confirm, take_tier


class _NobodyBlocks:
    """`People` without a block or a suspension."""

    async def actor(self, account_id: AccountId) -> Actor:
        return Actor(account_id)

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
    cards = FakeChannelCards(world.social_channels)
    return await ListFollowing(world.social.unit_of_work, cards, world.access)(actor)


@call(Action.LIST_FOLLOWERS)
async def list_followers(world: World, actor: Actor) -> object:
    cards = FindPersonCards(world.accounts.unit_of_work)
    world.is_ready()
    listing = ListFollowers(world.social.unit_of_work, world.social_channels, cards, world.access)
    return await listing(actor, "ada")


@call(Action.COUNT_FOLLOWERS)
async def count_followers(world: World, actor: Actor) -> object:
    world.is_ready()
    return await CountFollowers(world.social.unit_of_work, world.social_channels, world.access)(actor, "ada")


@call(Action.READ_RELATIONSHIP)
async def read_relationship(world: World, actor: Actor) -> object:
    world.is_ready()
    units, channels = world.social.unit_of_work, world.social_channels
    reading = ReadRelationship(units, channels, world.standings, world.access, world.clock)
    return await reading(actor, "ada")


PRICE = Money(499, "EUR")


async def _tier(world: World, channel_id: ChannelId = CHANNEL.id, name: str = "Gold") -> SubscriptionTier:
    tier = SubscriptionTier(TierId(world.ids.uuid()), channel_id, name, PRICE, (), NOW)
    async with world.social.unit_of_work() as unit:
        await unit.tiers.save(tier)
    return tier


def _ledger(world: World) -> Ledger:
    return Ledger(ManualPayments(), FindHindrance(_NobodyBlocks(), world.social_channels), world.ids)


async def _asked(world: World, supporter: AccountId, tier: SubscriptionTier) -> PaidSubscription:
    """Somebody whose first payment waits."""
    ledger = _ledger(world)
    async with world.social.unit_of_work() as unit:
        new, payment = ledger.new_subscription_id(), ledger.new_payment_id()
        return await ledger.record(unit, take_tier(None, supporter, tier, new, payment, NOW), NOW)


async def _supporter(world: World, actor: Actor) -> tuple[str, SubscriptionTier]:
    """The actor supports a channel not its own: its name, and the tier."""
    name = _channel_to_follow(actor)
    tier = await _tier(world, OTHER_CHANNEL if name == "elsewhere" else CHANNEL.id)
    if actor.account_id is not None:
        asked = await _asked(world, actor.account_id, tier)
        async with world.social.unit_of_work() as unit:
            await _ledger(world).record(unit, confirm(asked, NOW, CHANNEL.owner_id), NOW)
    return name, tier


@call(Action.LIST_TIERS)
async def list_tiers(world: World, actor: Actor) -> object:
    world.is_ready()
    return await ListTiers(world.social.unit_of_work, world.social_channels, world.access)(actor, "ada")


@call(Action.CREATE_TIER)
async def create_tier(world: World, actor: Actor) -> object:
    units, channels = world.social.unit_of_work, world.social_channels
    world.is_ready()
    create = CreateTier(units, channels, world.access, world.clock, world.ids)
    return await create(actor, "ada", name="Gold", price=PRICE, benefits=())


@call(Action.CHANGE_TIER)
async def change_tier(world: World, actor: Actor) -> object:
    tier = await _tier(world)
    world.is_ready()
    change = ChangeTier(world.social.unit_of_work, world.social_channels, world.access)
    return await change(actor, "ada", str(tier.id), name="Silver")


@call(Action.WITHDRAW_TIER)
async def withdraw_tier(world: World, actor: Actor) -> object:
    tier = await _tier(world)
    world.is_ready()
    withdraw = WithdrawTier(world.social.unit_of_work, world.social_channels, world.access, world.clock)
    return await withdraw(actor, "ada", str(tier.id))


@call(Action.TAKE_TIER)
async def take(world: World, actor: Actor) -> object:
    name = _channel_to_follow(actor)
    tier = await _tier(world, OTHER_CHANNEL if name == "elsewhere" else CHANNEL.id, "Silver")
    if actor.account_id == CAST[Role.PAID_SUBSCRIBER].account_id:
        async with world.social.unit_of_work() as unit:
            (tier,) = [one for one in await unit.tiers.offered_by(CHANNEL.id) if one.id != tier.id]
    units, channels = world.social.unit_of_work, world.social_channels
    world.is_ready()
    take = TakeTier(units, channels, _NobodyBlocks(), world.access, _ledger(world), world.clock)
    return await take(actor, name, str(tier.id))


@call(Action.CHANGE_SUBSCRIPTION)
async def change_subscription(world: World, actor: Actor) -> object:
    name, tier = await _supporter(world, actor)
    units, channels = world.social.unit_of_work, world.social_channels
    world.is_ready()
    change = ChangeSubscription(units, channels, _NobodyBlocks(), world.access, _ledger(world), world.clock)
    return await change(actor, name, str(tier.id))


@call(Action.CANCEL_SUBSCRIPTION)
async def cancel_subscription(world: World, actor: Actor) -> object:
    name, _ = await _supporter(world, actor)
    units, channels = world.social.unit_of_work, world.social_channels
    world.is_ready()
    cancel = CancelSubscription(units, channels, _NobodyBlocks(), world.access, _ledger(world), world.clock)
    return await cancel(actor, name)


@call(Action.LIST_SUBSCRIPTIONS)
async def list_subscriptions(world: World, actor: Actor) -> object:
    world.is_ready()
    units, channels = world.social.unit_of_work, world.social_channels
    return await ListSubscriptions(units, channels, FakePersonCards(), world.access, world.clock)(actor)


@call(Action.LIST_SUPPORTERS)
async def list_supporters(world: World, actor: Actor) -> object:
    units, channels = world.social.unit_of_work, world.social_channels
    cards = FindPersonCards(world.accounts.unit_of_work)
    world.is_ready()
    return await ListSupporters(units, channels, cards, world.access, world.clock)(actor, "ada")


@call(Action.GRANT_SUBSCRIPTION)
async def grant_subscription(world: World, actor: Actor) -> object:
    tier = await _tier(world)
    units, channels = world.social.unit_of_work, world.social_channels
    names = FindNames(world.accounts.unit_of_work)
    world.is_ready()
    give = GrantSubscription(
        units, channels, _NobodyBlocks(), names, world.access, _ledger(world), world.deeds, world.clock
    )
    return await give(actor, "ada", str(TARGET.name), str(tier.id), 3)


@call(Action.REMOVE_SUPPORTER)
async def remove_supporter(world: World, actor: Actor) -> object:
    await _asked(world, TARGET.require_account(), await _tier(world))
    units, channels = world.social.unit_of_work, world.social_channels
    names = FindNames(world.accounts.unit_of_work)
    world.is_ready()
    remove = RemoveSupporter(units, channels, names, world.access, _ledger(world), world.deeds, world.clock)
    return await remove(actor, "ada", str(TARGET.name))


@call(Action.LIST_PAYMENTS)
async def list_payments(world: World, actor: Actor) -> object:
    cards = FindPersonCards(world.accounts.unit_of_work)
    world.is_ready()
    listing = ListPayments(world.social.unit_of_work, world.social_channels, cards, world.access)
    return await listing(actor, "ada")


def _desk(world: World) -> PaymentDesk:
    return PaymentDesk(world.social.unit_of_work, ManualPayments(), _ledger(world), world.deeds, world.clock)


@call(Action.CONFIRM_PAYMENT)
async def confirm_payment(world: World, actor: Actor) -> object:
    asked = await _asked(world, TARGET.require_account(), await _tier(world))
    assert asked.pending is not None
    world.is_ready()
    say_so = ConfirmPayment(_desk(world), world.social_channels, world.access)
    return await say_so(actor, "ada", str(asked.pending.id))


@call(Action.REFUSE_PAYMENT)
async def refuse_payment(world: World, actor: Actor) -> object:
    asked = await _asked(world, TARGET.require_account(), await _tier(world))
    assert asked.pending is not None
    world.is_ready()
    refuse = RefusePayment(_desk(world), world.social_channels, world.access)
    return await refuse(actor, "ada", str(asked.pending.id))
