"""Social's use cases on fakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Role, Supporting, Suspension
from livehouse.access.testing import InMemoryStandings
from livehouse.accounts.application.queries import FindNames, FindPersonCards
from livehouse.accounts.contract import AccountId, AccountName, Actor, Deeds
from livehouse.accounts.domain.account import Account
from livehouse.accounts.testing import InMemoryAccountsDatabase, RecordedDeeds
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.testing import FakeChannelCards, FakeChannels
from livehouse.processes.parting import Parting
from livehouse.social.adapters.manual_payments import ManualPayments
from livehouse.social.application.change_tiers import ChangeTier, CreateTier, ListTiers, WithdrawTier
from livehouse.social.application.find_hindrance import FindHindrance
from livehouse.social.application.find_supporters import FindSupporters
from livehouse.social.application.follow_channel import EndFollow, FollowChannel, UnfollowChannel
from livehouse.social.application.grant_subscription import GrantSubscription
from livehouse.social.application.keep_subscriptions import EndSubscriptions, PassTime
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.list_subscriptions import ListPayments, ListSubscriptions, ListSupporters
from livehouse.social.application.personal_data import SocialPersonalData
from livehouse.social.application.relationship import ReadRelationship
from livehouse.social.application.remove_supporter import RemoveSupporter
from livehouse.social.application.settle_payment import ConfirmPayment, PaymentDesk, RefusePayment
from livehouse.social.application.subscribe import CancelSubscription, ChangeSubscription, TakeTier
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import PaidSubscription
from livehouse.social.domain.payment import Payment, PaymentState
from livehouse.social.domain.tier import Benefit, SubscriptionTier
from livehouse.social.testing import InMemorySocialDatabase


def person(number: int, name: str, *, is_administrator: bool = False) -> Actor:
    return Actor(AccountId(UUID(int=number)), AccountName(name), is_administrator=is_administrator)


ADA, BOB, EVE = person(1, "ada"), person(2, "bob"), person(3, "eve")
MODERATOR, EDITOR = person(4, "moderates"), person(5, "edits")
ADMINISTRATOR = person(6, "in_charge", is_administrator=True)
CHANNEL = ChannelRef(ChannelId(UUID(int=11)), ADA.require_account(), ChannelName("ada"), "Painting")
OTHER = ChannelRef(ChannelId(UUID(int=12)), BOB.require_account(), ChannelName("bob"), "Music")


class People:
    """`People` with blocks and suspensions one can set."""

    def __init__(self) -> None:
        self.suspensions: dict[AccountId, Suspension] = {}
        self.blocks: set[tuple[AccountId, AccountId]] = set()
        self.blocks_at_second_look: set[tuple[AccountId, AccountId]] = set()

    async def actor(self, account_id: AccountId) -> Actor:
        return Actor(account_id, suspension=self.suspensions.get(account_id))

    async def has_blocked(self, account_id: AccountId, other: AccountId) -> bool:
        has = (account_id, other) in self.blocks
        self.blocks |= self.blocks_at_second_look
        return has


@dataclass
class Stage:
    database: InMemorySocialDatabase = field(default_factory=InMemorySocialDatabase)
    accounts: InMemoryAccountsDatabase = field(default_factory=InMemoryAccountsDatabase)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        units, clock, ids = self.database.unit_of_work, self.clock, UuidV7Ids(self.clock)
        self.ids = ids
        self.people = People()
        self.standings = InMemoryStandings()
        for channel in (CHANNEL, OTHER):
            self.standings.give(channel.id, channel.owner_id, {Role.OWNER})
        self.standings.give(CHANNEL.id, MODERATOR.require_account(), {Role.MODERATOR})
        self.standings.give(CHANNEL.id, EDITOR.require_account(), {Role.EDITOR})
        self.supporters = FindSupporters(units, clock)
        self.access = access = DecideAccess(self.standings, self.supporters, clock)
        self.channels = channels = FakeChannels(CHANNEL, OTHER)
        self.names = names = FindNames(self.accounts.unit_of_work)
        cards = FindPersonCards(self.accounts.unit_of_work)
        self.end_follow = EndFollow(units, clock, ids)
        self.follow = FollowChannel(units, channels, self.people, access, self.end_follow, clock, ids)
        self.unfollow = UnfollowChannel(channels, access, self.end_follow)
        self.list_following = ListFollowing(units, FakeChannelCards(channels), access)
        self.list_followers = ListFollowers(units, channels, cards, access)
        self.count_followers = CountFollowers(units, channels, access)
        self.relationship = ReadRelationship(units, channels, self.standings, access, clock)
        self.personal_data = SocialPersonalData(units, channels, clock)
        payments = ManualPayments()
        self.ledger = ledger = Ledger(payments, FindHindrance(self.people, channels), ids)
        self.deed_log = RecordedDeeds()
        deeds = Deeds(self.deed_log, clock, ids)
        desk = PaymentDesk(units, payments, ledger, deeds, clock)
        self.list_tiers = ListTiers(units, channels, access)
        self.create_tier = CreateTier(units, channels, access, clock, ids)
        self.change_tier = ChangeTier(units, channels, access)
        self.withdraw_tier = WithdrawTier(units, channels, access, clock)
        self.take = TakeTier(units, channels, self.people, access, ledger, clock)
        self.change = ChangeSubscription(units, channels, self.people, access, ledger, clock)
        self.cancel = CancelSubscription(units, channels, self.people, access, ledger, clock)
        self.list_subscriptions = ListSubscriptions(units, channels, cards, access, clock)
        self.list_supporters = ListSupporters(units, channels, cards, access, clock)
        self.grant = GrantSubscription(units, channels, self.people, names, access, ledger, deeds, clock)
        self.remove = RemoveSupporter(units, channels, names, access, ledger, deeds, clock)
        self.list_payments = ListPayments(units, channels, cards, access)
        self.confirm = ConfirmPayment(desk, channels, access)
        self.refuse = RefusePayment(desk, channels, access)
        self.pass_time = PassTime(units, ledger, clock)
        self.end_subscriptions = EndSubscriptions(units, ledger, clock)
        self.parting = Parting(channels, self.end_follow, self.end_subscriptions)

    async def furnish(self) -> None:
        """Everybody has an account."""
        async with self.accounts.unit_of_work() as unit:
            for actor in (ADA, BOB, EVE, MODERATOR, EDITOR, ADMINISTRATOR):
                assert actor.name is not None
                await unit.accounts.add(
                    Account(actor.require_account(), actor.name, self.clock.now()), "hash"
                )

    async def tier(
        self, name: str = "Gold", amount: int = 500, benefits: Sequence[Benefit] = ()
    ) -> SubscriptionTier:
        return await self.create_tier(ADA, "ada", name=name, price=Money(amount, "EUR"), benefits=benefits)

    async def taken(self, actor: Actor = EVE, *, amount: int = 500) -> SubscriptionTier:
        """The actor takes a new tier, and its payment came in."""
        tier = await self.tier(f"For {amount}", amount)
        await self.take(actor, "ada", str(tier.id))
        await self.confirm_pending(actor)
        return tier

    async def confirm_pending(self, actor: Actor = EVE) -> Payment:
        pending = (await self.subscription(actor)).pending
        assert pending is not None
        return await self.confirm(ADA, "ada", str(pending.id))

    async def subscription(self, actor: Actor = EVE) -> PaidSubscription:
        async with self.database.unit_of_work() as unit:
            found = await unit.subscriptions.get(actor.require_account(), CHANNEL.id)
        assert found is not None
        return found

    async def wait(self, by: timedelta) -> None:
        """Time passes, and the worker sees to what is due."""
        self.clock.advance(by)
        while await self.pass_time():
            pass

    async def is_supporter(self, actor: Actor = EVE) -> bool:
        return Role.PAID_SUBSCRIBER in (await self.supporting(actor)).roles

    async def supporting(self, actor: Actor = EVE) -> Supporting:
        return await self.supporters.of(CHANNEL.id, actor.require_account())

    def payments(self, state: PaymentState) -> list[Payment]:
        return [one for one in self.database.tables.payments.values() if one.state is state]

    def events(self, name: str) -> list[CloudEvent]:
        return [event for event in self.database.events if event.type == f"cpc.social.{name}.v1"]
