"""What storage of tiers, paid subscriptions and payments promises: in-memory and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from livehouse.access.contract import Entitlement
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.application.ports import Bond, Place, UnitOfWorkFactory
from livehouse.social.contract import Support
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import (
    RENEWAL_LEAD,
    FormerTier,
    PaidSubscription,
    SubscriptionId,
    SubscriptionState,
)
from livehouse.social.domain.payment import Payment, PaymentId, PaymentState
from livehouse.social.domain.tier import Benefit, BenefitKind, SubscriptionTier, TierId
from livehouse.social.domain.transitions import cancel, confirm, take_tier

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OWNER = AccountId(UUID(int=9))
CHANNEL, OTHER = ChannelId(UUID(int=11)), ChannelId(UUID(int=12))
BENEFITS = (
    Benefit(BenefitKind.BADGE, months=(1, 6)),
    Benefit(BenefitKind.EMOTE_SLOTS, slots=3),
    Benefit(BenefitKind.MEMBERS_ONLY_BROADCASTS),
    Benefit(BenefitKind.REPLAYS),
    Benefit(BenefitKind.CUSTOM, text="Ein Gruß"),
)
OPENED = frozenset({Entitlement.BROADCASTS, Entitlement.REPLAYS})


def a_tier(amount: int = 500, channel: ChannelId = CHANNEL) -> SubscriptionTier:
    return SubscriptionTier(TierId(uuid4()), channel, f"For {amount}", Money(amount, "EUR"), BENEFITS, NOW)


async def save(unit_of_work: UnitOfWorkFactory, subscription: PaidSubscription, *settled: Payment) -> None:
    async with unit_of_work() as unit:
        for payment in settled:
            await unit.payments.save(payment)
        await unit.subscriptions.save(subscription)
        if subscription.pending is not None:
            await unit.payments.save(subscription.pending)


async def asked(
    unit_of_work: UnitOfWorkFactory, supporter: AccountId, tier: SubscriptionTier, at: datetime = NOW
) -> PaidSubscription:
    new = SubscriptionId(uuid4())
    subscription = take_tier(None, supporter, tier, new, PaymentId(uuid4()), at).subscription
    assert subscription.pending is not None
    named = replace(subscription.pending, provider="manual", reference="ABCD")
    subscription = replace(subscription, pending=named)
    await save(unit_of_work, subscription)
    return subscription


async def running(
    unit_of_work: UnitOfWorkFactory, supporter: AccountId, tier: SubscriptionTier, at: datetime = NOW
) -> PaidSubscription:
    outcome = confirm(await asked(unit_of_work, supporter, tier, at), at, OWNER)
    await save(unit_of_work, outcome.subscription, *outcome.settled)
    return outcome.subscription


async def test_tiers_are_kept_whole(unit_of_work: UnitOfWorkFactory) -> None:
    dear, cheap, elsewhere = a_tier(900), a_tier(100), a_tier(500, OTHER)
    async with unit_of_work() as unit:
        for tier in (dear, cheap, elsewhere):
            await unit.tiers.save(tier)
    withdrawn = replace(dear, withdrawn_at=NOW, name="Renamed", price=Money(1, "USD"), benefits=())
    async with unit_of_work() as unit:
        assert await unit.tiers.offered_by(CHANNEL) == [cheap, dear]
        assert await unit.tiers.get(CHANNEL, dear.id) == dear
        assert await unit.tiers.get(OTHER, dear.id) is None
        await unit.tiers.save(withdrawn)
    async with unit_of_work() as unit:
        assert await unit.tiers.offered_by(CHANNEL, for_update=True) == [cheap]
        assert await unit.tiers.get(CHANNEL, dear.id) == withdrawn
        found = await unit.tiers.by_ids([dear.id, elsewhere.id, TierId(uuid4())])
        assert found == {dear.id: withdrawn, elsewhere.id: elsewhere}
        assert await unit.tiers.by_ids([]) == {}


async def test_withdrawn_tiers_are_read_page_by_page(unit_of_work: UnitOfWorkFactory) -> None:
    tiers = [
        replace(a_tier(number), created_at=NOW + timedelta(days=number // 2), withdrawn_at=NOW)
        for number in range(5)
    ]
    async with unit_of_work() as unit:
        for tier in (*tiers, a_tier(7), replace(a_tier(8, OTHER), withdrawn_at=NOW)):
            await unit.tiers.save(tier)
    seen: list[SubscriptionTier] = []
    after: Place | None = None
    async with unit_of_work() as unit:
        while page := await unit.tiers.withdrawn_by(CHANNEL, after=after, limit=2):
            seen += page
            after = Place(page[-1].created_at, page[-1].id)
    assert [one.created_at for one in seen] == sorted((one.created_at for one in tiers), reverse=True)
    assert sorted(one.id for one in seen) == sorted(one.id for one in tiers)


async def test_only_a_tier_that_nobody_ever_took_is_removed(unit_of_work: UnitOfWorkFactory) -> None:
    unused, waited_for, had, next_one = (a_tier(amount) for amount in (1, 2, 3, 4))
    async with unit_of_work() as unit:
        for tier in (unused, waited_for, had, next_one):
            await unit.tiers.save(tier)
    await asked(unit_of_work, AccountId(uuid4()), waited_for)
    subscription = await running(unit_of_work, AccountId(uuid4()), had)
    await save(unit_of_work, replace(subscription, next_tier_id=next_one.id))
    async with unit_of_work() as unit:
        assert await unit.tiers.get(CHANNEL, unused.id, held=True) == unused
        assert not await unit.tiers.remove_unused(OTHER, unused.id)
        gone = [
            tier
            for tier in (unused, waited_for, had, next_one)
            if await unit.tiers.remove_unused(CHANNEL, tier.id)
        ]
        assert gone == [unused]
    async with unit_of_work() as unit:
        assert await unit.tiers.offered_by(CHANNEL) == [waited_for, had, next_one]
        assert not await unit.tiers.remove_unused(CHANNEL, unused.id)


async def test_a_subscription_is_kept_with_its_pending_payment(unit_of_work: UnitOfWorkFactory) -> None:
    eve, tier = AccountId(uuid4()), a_tier()
    async with unit_of_work() as unit:
        await unit.tiers.save(tier)
    subscription = await asked(unit_of_work, eve, tier)
    async with unit_of_work() as unit:
        assert await unit.subscriptions.get(eve, CHANNEL) == subscription
        assert await unit.subscriptions.get(eve, CHANNEL, for_update=True) == subscription
        assert await unit.subscriptions.get(eve, OTHER, for_update=True) is None
        assert await unit.subscriptions.pending_of(eve) == 1
        assert await unit.supports.of(CHANNEL, eve, NOW) == Support()
        assert await unit.supports.bond(CHANNEL, eve) == Bond(None, subscription, tier)
    outcome = confirm(subscription, NOW, OWNER)
    await save(unit_of_work, outcome.subscription, *outcome.settled)
    async with unit_of_work() as unit:
        assert await unit.subscriptions.get(eve, CHANNEL) == outcome.subscription
        assert await unit.subscriptions.pending_of(eve) == 0
        assert await unit.payments.get(CHANNEL, outcome.settled[0].id) == outcome.settled[0]
        assert await unit.payments.get(OTHER, outcome.settled[0].id) is None
        assert await unit.supports.of(CHANNEL, eve, NOW) == Support(None, 1, OPENED, badge_months=1)
        until = outcome.subscription.entitled_until
        assert until is not None
        assert await unit.supports.of(CHANNEL, eve, until) == Support()
        assert await unit.supports.of(OTHER, eve, NOW) == Support()
        assert await unit.supports.bond(CHANNEL, eve) == Bond(None, outcome.subscription, tier)
        assert await unit.supports.bond(OTHER, eve) == Bond()


async def test_what_binds_somebody_comes_with_the_tier_of_the_next_months(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    eve, tier, next_tier = AccountId(uuid4()), a_tier(), a_tier()
    async with unit_of_work() as unit:
        await unit.tiers.save(tier)
        await unit.tiers.save(next_tier)
    changed = replace(await running(unit_of_work, eve, tier), next_tier_id=next_tier.id)
    await save(unit_of_work, changed)
    async with unit_of_work() as unit:
        assert await unit.supports.bond(CHANNEL, eve) == Bond(None, changed, tier, next_tier)


async def test_a_supporter_has_what_their_tier_has_now(unit_of_work: UnitOfWorkFactory) -> None:
    eve, tier = AccountId(uuid4()), a_tier()
    async with unit_of_work() as unit:
        await unit.tiers.save(tier)
    subscription = await running(unit_of_work, eve, tier)
    assert subscription.run is not None
    for months, badge in ((5, 1), (6, 6), (40, 6)):
        long = replace(subscription, months_before=months - 1)
        await save(unit_of_work, long)
        async with unit_of_work() as unit:
            assert await unit.supports.of(CHANNEL, eve, NOW) == Support(None, months, OPENED, badge)
    async with unit_of_work() as unit:
        await unit.tiers.save(replace(tier, benefits=BENEFITS[1:3], withdrawn_at=NOW))
    async with unit_of_work() as unit:
        assert await unit.supports.of(CHANNEL, eve, NOW) == Support(
            None, 40, frozenset({Entitlement.BROADCASTS})
        )


async def test_a_former_tier_gives_what_it_has_to_the_end_of_its_time(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    eve, tier = AccountId(uuid4()), replace(a_tier(), benefits=())
    dear = replace(a_tier(900), benefits=BENEFITS)
    async with unit_of_work() as unit:
        await unit.tiers.save(tier)
        await unit.tiers.save(dear)
    until = NOW + timedelta(days=6)
    subscription = replace(
        await running(unit_of_work, eve, tier),
        former=FormerTier(dear.id, until),
        months_before=6,
        renewal_postponed_to=until,
    )
    await save(unit_of_work, subscription)
    async with unit_of_work() as unit:
        assert await unit.subscriptions.get(eve, CHANNEL) == subscription
        just_before = until - timedelta(microseconds=1)
        assert await unit.supports.of(CHANNEL, eve, just_before) == Support(None, 7, OPENED, badge_months=6)
        assert await unit.supports.of(CHANNEL, eve, until) == Support(None, 7)


async def test_the_longest_due_comes_first(unit_of_work: UnitOfWorkFactory) -> None:
    tier = a_tier()
    late = await running(unit_of_work, AccountId(uuid4()), tier, NOW + timedelta(days=1))
    early = await running(unit_of_work, AccountId(uuid4()), tier, NOW)
    assert early.paid_until is not None
    due_at = early.paid_until - RENEWAL_LEAD
    async with unit_of_work() as unit:
        assert await unit.subscriptions.next_due(due_at - timedelta(seconds=1)) is None
        assert await unit.subscriptions.next_due(due_at) == early
        assert await unit.subscriptions.next_due(due_at + timedelta(days=3)) == early
        await unit.subscriptions.save(replace(early, state=SubscriptionState.ENDED))
    async with unit_of_work() as unit:
        assert await unit.subscriptions.next_due(due_at + timedelta(days=3)) == late
        await unit.subscriptions.put_off(late, due_at + timedelta(days=9))
    async with unit_of_work() as unit:
        assert await unit.subscriptions.next_due(due_at + timedelta(days=8)) is None
        assert await unit.subscriptions.next_due(due_at + timedelta(days=9)) == late
        await unit.subscriptions.save(late)
        assert await unit.subscriptions.next_due(due_at + timedelta(days=3)) == late


async def test_lists(unit_of_work: UnitOfWorkFactory) -> None:
    tier, eve = a_tier(), AccountId(uuid4())
    begun = [
        await running(unit_of_work, AccountId(uuid4()), tier, NOW + timedelta(seconds=n // 2))
        for n in range(5)
    ]
    waiting = await asked(unit_of_work, eve, tier)
    ended = replace(begun[0], state=SubscriptionState.ENDED)
    await save(unit_of_work, ended)
    cancelled = cancel(begun[1], NOW).subscription
    await save(unit_of_work, cancelled)
    elsewhere = await running(unit_of_work, eve, a_tier(channel=OTHER), NOW + timedelta(seconds=9))
    async with unit_of_work() as unit:
        whole = await unit.subscriptions.running_in(CHANNEL, after=None, limit=100)
        assert {one.account_id for one in whole} == {one.account_id for one in begun[1:]}
        assert cancelled in whole
        assert whole[0].run is not None
        assert whole[1].run is not None
        place = Place(whole[1].run.started_at, whole[1].account_id)
        assert await unit.subscriptions.running_in(CHANNEL, after=place, limit=100) == whole[2:]
        assert await unit.subscriptions.running_in(CHANNEL, after=None, limit=2) == whole[:2]
        still_open = await unit.subscriptions.open_in(CHANNEL, 100)
        assert {one.account_id for one in still_open} == {one.account_id for one in begun[1:]} | {eve}
        assert await unit.subscriptions.of_account(eve, after=None, limit=9) == [elsewhere, waiting]
        place = Place(elsewhere.asked_at, elsewhere.channel_id)
        assert await unit.subscriptions.of_account(eve, after=place, limit=9) == [waiting]
        mine = await unit.subscriptions.open_of(eve, 9)
        assert {one.channel_id for one in mine} == {CHANNEL, OTHER}
        paid = await unit.payments.of_channel(CHANNEL, None, after=None, limit=100)
        assert len(paid) == 6
        order = [(one.created_at, one.id.uuid) for one in paid]
        assert order == sorted(order, reverse=True)
        place = Place(paid[2].created_at, paid[2].id)
        assert await unit.payments.of_channel(CHANNEL, None, after=place, limit=100) == paid[3:]
        (pending,) = await unit.payments.of_channel(CHANNEL, PaymentState.PENDING, after=None, limit=100)
        assert pending == waiting.pending
        assert len(await unit.payments.of_account(eve, after=None, limit=9)) == 2


async def test_an_erased_account_is_forgotten(unit_of_work: UnitOfWorkFactory) -> None:
    tier, eve = a_tier(), AccountId(uuid4())
    await running(unit_of_work, eve, tier)
    other = await running(unit_of_work, AccountId(uuid4()), tier)
    async with unit_of_work() as unit:
        for account_id in (eve, OWNER):
            await unit.subscriptions.remove_of(account_id)
            await unit.payments.forget_account(account_id)
    async with unit_of_work() as unit:
        assert await unit.subscriptions.get(eve, CHANNEL) is None
        assert await unit.subscriptions.get(other.account_id, CHANNEL) == other
        paid = await unit.payments.of_channel(CHANNEL, None, after=None, limit=9)
        assert {one.account_id for one in paid} == {None, other.account_id}
        assert {one.settled_by for one in paid} == {None}
