"""Paid subscriptions from asking to their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.social.stage import ADA, ADMINISTRATOR, BOB, EDITOR, EVE, Stage

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Conflict, Forbidden, NotFound
from livehouse.access.contract import Entitlement, Suspension
from livehouse.social.domain.money import Money
from livehouse.social.domain.months import add_months
from livehouse.social.domain.paid_subscription import (
    GRACE,
    PENDING_FOR,
    RENEWAL_LEAD,
    STREAK_GRACE,
    EndReason,
    SubscriptionState,
)
from livehouse.social.domain.payment import PaymentKind, PaymentState
from livehouse.social.domain.tier import Benefit, BenefitKind


async def test_a_tier_is_taken_and_confirmed() -> None:
    stage = Stage()
    tier = await stage.tier()
    asked = await stage.take(EVE, "ada", str(tier.id))
    assert asked.subscription.state is SubscriptionState.PENDING
    payment = asked.subscription.pending
    assert payment is not None
    assert (payment.kind, payment.amount, payment.provider) == (PaymentKind.FIRST, tier.price, "manual")
    assert len(payment.reference) == 14
    assert not await stage.is_supporter()
    assert stage.events("SubscriptionCreated") == []
    for actor in (EDITOR, EVE, BOB):
        with pytest.raises(Forbidden):
            await stage.confirm(actor, "ada", str(payment.id))
    for _ in range(2):
        settled = await stage.confirm(ADA, "ada", str(payment.id))
        assert (settled.state, settled.settled_by) == (PaymentState.CONFIRMED, ADA.account_id)
    assert await stage.is_supporter()
    (event,) = stage.events("SubscriptionCreated")
    assert event.data["subscriber_id"] == str(EVE.account_id)
    assert (event.data["tier_name"], event.data["months"], event.data["streak"]) == ("Gold", 1, 1)
    subscription = await stage.subscription()
    assert subscription.paid_until == add_months(stage.clock.now(), 1)
    with pytest.raises(Conflict) as refused:
        await stage.refuse(ADA, "ada", str(payment.id))
    assert refused.value.slug == "payment-settled"


async def test_what_a_tier_opens_goes_up_with_the_payment_and_down_with_the_renewal() -> None:
    stage = Stage()
    chat, both = (
        [Benefit(BenefitKind.MEMBERS_ONLY_CHAT)],
        [
            Benefit(BenefitKind.MEMBERS_ONLY_CHAT),
            Benefit(BenefitKind.MEMBERS_ONLY_BROADCASTS),
            Benefit(BenefitKind.BADGE, months=(1,)),
        ],
    )
    silver, gold = await stage.tier("Silver", 500, chat), await stage.tier("Gold", 1000, both)

    async def has() -> tuple[set[Entitlement], int | None]:
        supporting = await stage.supporting()
        return set(supporting.entitlements), supporting.badge_months

    await stage.take(EVE, "ada", str(silver.id))
    assert await has() == (set(), None)
    await stage.confirm_pending()
    assert await has() == ({Entitlement.CHAT}, None)
    await stage.change(EVE, "ada", str(gold.id))
    assert await has() == ({Entitlement.CHAT}, None), "the difference is not paid yet"
    await stage.confirm_pending()
    assert await has() == ({Entitlement.CHAT, Entitlement.BROADCASTS}, 1)
    await stage.change(EVE, "ada", str(silver.id))
    await stage.wait(timedelta(days=25))
    assert await has() == ({Entitlement.CHAT, Entitlement.BROADCASTS}, 1), "the renewal is not paid yet"
    await stage.confirm_pending()
    assert await has() == ({Entitlement.CHAT, Entitlement.BROADCASTS}, 1), "paid for to the end of the month"
    await stage.wait(timedelta(days=6))
    assert await has() == ({Entitlement.CHAT}, None)


async def test_who_returns_to_the_dearer_tier_pays_for_what_is_not_paid_yet() -> None:
    stage = Stage()
    silver, gold = await stage.tier("Silver", 500), await stage.tier("Gold", 1000)
    await stage.take(EVE, "ada", str(gold.id))
    await stage.confirm_pending()
    await stage.change(EVE, "ada", str(silver.id))
    await stage.wait(timedelta(days=25))
    await stage.confirm_pending()
    back = (await stage.change(EVE, "ada", str(gold.id))).subscription.pending
    assert back is not None
    assert (back.kind, back.amount) == (PaymentKind.UPGRADE, Money(500, "EUR"))


async def test_asking_twice_is_as_once() -> None:
    stage = Stage()
    gold, silver = await stage.tier("Gold", 1000), await stage.tier("Silver", 500)
    first = await stage.take(EVE, "ada", str(gold.id))
    assert await stage.take(EVE, "ada", str(gold.id)) == first
    with pytest.raises(Conflict) as refused:
        await stage.take(EVE, "ada", str(silver.id))
    assert refused.value.slug == "payment-pending"
    await stage.confirm_pending()
    running = await stage.take(EVE, "ada", str(gold.id))
    assert running.subscription == await stage.subscription()
    with pytest.raises(Conflict) as refused:
        await stage.take(EVE, "ada", str(silver.id))
    assert refused.value.slug == "already-subscribed"
    with pytest.raises(Conflict) as refused:
        await stage.take(ADA, "ada", str(gold.id))
    assert refused.value.slug == "own-channel"


async def test_whoever_the_owner_has_blocked_takes_and_changes_no_tier() -> None:
    stage = Stage()
    gold, silver = await stage.tier("Gold", 1000), await stage.tier("Silver", 500)
    await stage.take(EVE, "ada", str(gold.id))
    for person in (EVE, BOB):
        stage.people.blocks.add((ADA.require_account(), person.require_account()))
    for attempt in (stage.take(BOB, "ada", str(gold.id)), stage.change(EVE, "ada", str(silver.id))):
        with pytest.raises(Forbidden) as refused:
            await attempt
        assert refused.value.slug == "support-refused"
    assert (await stage.subscription()).tier_id == gold.id
    assert (await stage.cancel(EVE, "ada")).subscription.state is SubscriptionState.ENDED
    stage.people.blocks.clear()
    assert (await stage.take(BOB, "ada", str(gold.id))).tier == gold


async def test_nobody_takes_or_changes_a_tier_of_a_suspended_owner() -> None:
    stage = Stage()
    gold, silver = await stage.tier("Gold", 1000), await stage.tier("Silver", 500)
    await stage.take(EVE, "ada", str(gold.id))
    stage.people.suspensions[ADA.require_account()] = Suspension("Spam", None)
    for attempt in (stage.take(BOB, "ada", str(gold.id)), stage.change(EVE, "ada", str(silver.id))):
        with pytest.raises(Forbidden) as refused:
            await attempt
        assert refused.value.slug == "channel-suspended"
    assert (await stage.subscription()).tier_id == gold.id
    stage.people.suspensions.clear()
    assert (await stage.take(BOB, "ada", str(gold.id))).tier == gold


async def test_a_tier_can_be_changed_while_its_payment_waits() -> None:
    stage = Stage()
    gold, silver = await stage.tier("Gold", 1000), await stage.tier("Silver", 500)
    await stage.take(EVE, "ada", str(gold.id))
    changed = await stage.change(EVE, "ada", str(silver.id))
    assert changed.tier == silver
    assert changed.subscription.pending is not None
    assert changed.subscription.pending.amount == silver.price
    assert [one.tier_id for one in stage.payments(PaymentState.WITHDRAWN)] == [gold.id]
    await stage.confirm_pending()
    assert (await stage.subscription()).tier_id == silver.id


async def test_what_is_refused_or_not_paid_gives_nothing_and_can_be_asked_for_again() -> None:
    stage = Stage()
    tier = await stage.tier()
    asked = await stage.take(EVE, "ada", str(tier.id))
    assert asked.subscription.pending is not None
    for _ in range(2):
        await stage.refuse(ADMINISTRATOR, "ada", str(asked.subscription.pending.id))
    assert (await stage.subscription()).state is SubscriptionState.REFUSED
    asked = await stage.take(EVE, "ada", str(tier.id))
    await stage.wait(PENDING_FOR)
    assert (await stage.subscription()).state is SubscriptionState.EXPIRED
    assert asked.subscription.pending is not None
    with pytest.raises(Conflict) as refused:
        await stage.confirm(ADA, "ada", str(asked.subscription.pending.id))
    assert refused.value.slug == "payment-settled"
    assert not await stage.is_supporter()
    await stage.take(EVE, "ada", str(tier.id))
    await stage.confirm_pending()
    assert await stage.is_supporter()


async def test_a_late_confirmation_counts_time_also_when_the_worker_is_behind() -> None:
    stage = Stage()
    tier = await stage.tier()
    asked = await stage.take(EVE, "ada", str(tier.id))
    assert asked.subscription.pending is not None
    stage.clock.advance(PENDING_FOR)
    with pytest.raises(Conflict):
        await stage.confirm(ADA, "ada", str(asked.subscription.pending.id))
    assert (await stage.subscription()).state is SubscriptionState.EXPIRED


async def test_renewals_are_asked_for_and_go_on_month_by_month() -> None:
    stage = Stage(clock=FakeClock(datetime(2026, 1, 31, 12, tzinfo=UTC)))
    await stage.taken()
    ends = [(2, 28), (3, 31), (4, 30), (5, 31)]
    for number, (month, day) in enumerate(ends, start=1):
        subscription = await stage.subscription()
        assert subscription.paid_until == datetime(2026, month, day, 12, tzinfo=UTC)
        assert subscription.pending is None
        await stage.wait(subscription.paid_until - RENEWAL_LEAD - stage.clock.now())
        asked = (await stage.subscription()).pending
        assert asked is not None
        assert asked.kind is PaymentKind.RENEWAL
        assert asked.due_at == subscription.paid_until + GRACE
        await stage.confirm_pending()
        await stage.wait(subscription.paid_until - stage.clock.now())
        subscription = await stage.subscription()
        assert (subscription.months(stage.clock.now()), subscription.streak(stage.clock.now())) == (
            number + 1,
            number + 1,
        )
    assert len(stage.events("SubscriptionCreated")) == 1


async def test_an_unpaid_renewal_ends_after_the_grace() -> None:
    stage = Stage()
    await stage.taken()
    ends_at = (await stage.subscription()).paid_until
    assert ends_at is not None
    await stage.wait(ends_at - RENEWAL_LEAD - stage.clock.now())
    await stage.wait(ends_at + GRACE - stage.clock.now() - timedelta(seconds=1))
    assert await stage.is_supporter(), "still within the grace"
    await stage.wait(timedelta(seconds=1))
    assert not await stage.is_supporter()
    subscription = await stage.subscription()
    assert subscription.state is SubscriptionState.ENDED
    (event,) = stage.events("SubscriptionEnded")
    assert event.data["reason"] == EndReason.LAPSED.value


async def test_after_an_outage_nobody_lapses_unasked() -> None:
    stage = Stage()
    await stage.taken()
    await stage.wait(timedelta(days=60))
    subscription = await stage.subscription()
    assert subscription.pending is not None
    assert subscription.pending.due_at == stage.clock.now() + GRACE
    assert await stage.is_supporter()
    await stage.confirm_pending()
    subscription = await stage.subscription()
    assert subscription.paid_until == add_months(stage.clock.now(), 1), "not for a time gone by"
    assert (subscription.months(stage.clock.now()), subscription.streak(stage.clock.now())) == (2, 2)


async def test_who_is_a_supporter_does_not_wait_for_the_worker() -> None:
    stage = Stage()
    await stage.taken()
    await stage.cancel(EVE, "ada")
    ends_at = (await stage.subscription()).paid_until
    assert ends_at is not None
    stage.clock.advance(ends_at - stage.clock.now() - timedelta(seconds=1))
    assert await stage.is_supporter()
    stage.clock.advance(timedelta(seconds=1))
    assert not await stage.is_supporter()


async def test_a_cancelled_one_ends_with_what_is_paid_for_or_goes_on_after_all() -> None:
    stage = Stage()
    tier = await stage.taken()
    for _ in range(2):
        cancelled = await stage.cancel(EVE, "ada")
        assert cancelled.subscription.state is SubscriptionState.CANCELLED
    assert await stage.is_supporter()
    await stage.take(EVE, "ada", str(tier.id))
    assert (await stage.subscription()).state is SubscriptionState.ACTIVE
    assert len(stage.events("SubscriptionCreated")) == 1
    await stage.cancel(EVE, "ada")
    await stage.wait(timedelta(days=31))
    assert (await stage.subscription()).state is SubscriptionState.ENDED
    (event,) = stage.events("SubscriptionEnded")
    assert event.data["reason"] == EndReason.CANCELLED.value
    for call in (stage.cancel(EVE, "ada"), stage.change(EVE, "ada", str(tier.id)), stage.cancel(BOB, "ada")):
        with pytest.raises(NotFound) as refused:
            await call
        assert refused.value.slug == "no-subscription"


async def test_cancelling_withdraws_what_waits() -> None:
    stage = Stage()
    tier = await stage.tier()
    await stage.take(EVE, "ada", str(tier.id))
    cancelled = await stage.cancel(EVE, "ada")
    assert cancelled.subscription.state is SubscriptionState.ENDED
    await stage.take(EVE, "ada", str(tier.id))
    await stage.confirm_pending()
    await stage.wait(timedelta(days=26))
    assert (await stage.subscription()).awaits_renewal
    await stage.cancel(EVE, "ada")
    assert (await stage.subscription()).pending is None
    assert len(stage.payments(PaymentState.WITHDRAWN)) == 2


@pytest.mark.parametrize(("gap", "streak"), [(STREAK_GRACE, 2), (STREAK_GRACE + timedelta(seconds=1), 1)])
async def test_a_streak_survives_a_short_gap(gap: timedelta, streak: int) -> None:
    stage = Stage()
    tier = await stage.taken()
    await stage.cancel(EVE, "ada")
    ends_at = (await stage.subscription()).paid_until
    assert ends_at is not None
    await stage.wait(ends_at + gap - stage.clock.now())
    await stage.take(EVE, "ada", str(tier.id))
    await stage.confirm_pending()
    subscription, now = await stage.subscription(), stage.clock.now()
    assert (subscription.months(now), subscription.streak(now)) == (2, streak)
    event = stage.events("SubscriptionCreated")[-1]
    assert (event.data["months"], event.data["streak"]) == (2, streak)


async def test_a_dearer_tier_counts_once_the_difference_is_paid() -> None:
    stage = Stage()
    await stage.taken(amount=500)
    dear = await stage.tier("Dear", 1120)
    await stage.wait(timedelta(days=10))
    asked = await stage.change(EVE, "ada", str(dear.id))
    payment = asked.subscription.pending
    assert payment is not None
    # 620 a month more, for 21 of the 31 days of January.
    assert (payment.kind, payment.amount.amount, payment.months) == (PaymentKind.UPGRADE, 420, 0)
    assert await stage.change(EVE, "ada", str(dear.id)) == asked
    paid_until = asked.subscription.paid_until
    await stage.confirm_pending()
    subscription = await stage.subscription()
    assert (subscription.tier_id, subscription.price, subscription.paid_until) == (
        dear.id,
        dear.price,
        paid_until,
    )


async def test_part_of_a_cent_is_rounded_up_and_a_refused_upgrade_changes_nothing() -> None:
    stage = Stage()
    tier = await stage.taken(amount=500)
    dear = await stage.tier("Dear", 501)
    await stage.wait(timedelta(days=20))
    asked = await stage.change(EVE, "ada", str(dear.id))
    payment = asked.subscription.pending
    assert payment is not None
    assert payment.amount.amount == 1
    assert payment.due_at == stage.clock.now() + timedelta(days=4), "before the renewal is asked for"
    await stage.refuse(ADA, "ada", str(payment.id))
    assert (await stage.subscription()).tier_id == tier.id
    await stage.change(EVE, "ada", str(dear.id))
    await stage.wait(timedelta(days=4))
    renewal = (await stage.subscription()).pending
    assert renewal is not None
    assert (renewal.kind, renewal.tier_id) == (PaymentKind.RENEWAL, tier.id)


async def test_a_cheaper_tier_counts_from_the_renewal_on() -> None:
    stage = Stage()
    tier = await stage.taken(amount=500)
    cheap = await stage.tier("Cheap", 100)
    view = await stage.change(EVE, "ada", str(cheap.id))
    assert (view.tier.id, view.next_tier, view.subscription.pending) == (tier.id, cheap, None)
    view = await stage.change(EVE, "ada", str(tier.id))
    assert view.next_tier is None
    await stage.change(EVE, "ada", str(cheap.id))
    await stage.wait(timedelta(days=25))
    renewal = (await stage.subscription()).pending
    assert renewal is not None
    assert (renewal.tier_id, renewal.amount) == (cheap.id, cheap.price)
    assert (await stage.subscription()).tier_id == tier.id
    await stage.confirm_pending()
    assert (await stage.subscription()).tier_id == cheap.id
    assert (await stage.subscription()).next_tier_id is None


async def test_while_a_renewal_is_asked_for_any_change_counts_from_it() -> None:
    stage = Stage()
    tier = await stage.taken(amount=500)
    dear = await stage.tier("Dear", 1000)
    await stage.wait(timedelta(days=25))
    view = await stage.change(EVE, "ada", str(dear.id))
    renewal = view.subscription.pending
    assert renewal is not None
    assert (renewal.kind, renewal.amount) == (PaymentKind.RENEWAL, dear.price)
    view = await stage.change(EVE, "ada", str(tier.id))
    renewal = view.subscription.pending
    assert renewal is not None
    assert (renewal.amount, view.next_tier) == (tier.price, None)
    await stage.cancel(EVE, "ada")
    with pytest.raises(Conflict) as refused:
        await stage.change(EVE, "ada", str(dear.id))
    assert refused.value.slug == "subscription-cancelled"


async def test_a_refused_renewal_ends_with_what_is_paid_for() -> None:
    stage = Stage()
    await stage.taken()
    await stage.wait(timedelta(days=25))
    pending = (await stage.subscription()).pending
    assert pending is not None
    await stage.refuse(ADA, "ada", str(pending.id))
    assert (await stage.subscription()).state is SubscriptionState.CANCELLED
    await stage.wait(timedelta(days=6))
    assert (await stage.subscription()).state is SubscriptionState.ENDED


async def test_a_withdrawn_tier_is_not_renewed() -> None:
    stage = Stage()
    tier = await stage.taken()
    await stage.withdraw_tier(ADA, "ada", str(tier.id))
    await stage.wait(timedelta(days=25))
    subscription = await stage.subscription()
    assert (subscription.state, subscription.pending) == (SubscriptionState.CANCELLED, None)
    assert await stage.is_supporter()
    await stage.wait(timedelta(days=6))
    assert not await stage.is_supporter()
