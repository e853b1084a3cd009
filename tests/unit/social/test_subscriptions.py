"""Paid subscriptions from asking to their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.social.stage import ADA, ADMINISTRATOR, BOB, CHANNEL, EDITOR, EVE, Stage

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Conflict, Forbidden, NotFound, Unavailable
from livehouse.access.contract import Suspension
from livehouse.accounts.testing import told_deeds
from livehouse.social.application.ledger import Ledger
from livehouse.social.application.ports import UnitOfWork
from livehouse.social.domain.months import add_months
from livehouse.social.domain.paid_subscription import (
    GRACE,
    PENDING_FOR,
    RENEWAL_LEAD,
    STREAK_GRACE,
    EndReason,
    PaidSubscription,
    SubscriptionState,
)
from livehouse.social.domain.payment import PaymentKind, PaymentState


async def test_what_costs_nothing_waits_for_nobody() -> None:
    stage = Stage()
    tier = await stage.tier("Friends", 0)
    taken = await stage.take(EVE, "ada", str(tier.id))
    assert (taken.subscription.state, taken.subscription.pending) == (SubscriptionState.ACTIVE, None)
    assert await stage.is_supporter()
    assert len(stage.events("SubscriptionCreated")) == 1
    for _ in range(20):
        await stage.wait(timedelta(days=5))
    subscription = await stage.subscription()
    assert (subscription.state, subscription.pending) == (SubscriptionState.ACTIVE, None)
    assert subscription.months(stage.clock.now()) == 4
    assert not stage.payments(PaymentState.PENDING)
    assert {(one.amount.amount, one.settled_by) for one in stage.payments(PaymentState.CONFIRMED)} == {
        (0, None)
    }


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


async def test_what_administrators_do_with_money_is_written_down_and_what_the_owner_does_is_not() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    await stage.take(EVE, "ada", str(tier.id))
    pending = (await stage.subscription()).pending
    assert pending is not None
    for _ in range(2):
        await stage.confirm(ADMINISTRATOR, "ada", str(pending.id))
    await stage.grant(ADMINISTRATOR, "ada", "bob", str(tier.id), 2)
    await stage.grant(ADA, "ada", "bob", str(tier.id), 1)
    other = await stage.tier("Silver", 900)
    await stage.change(EVE, "ada", str(other.id))
    await stage.confirm_pending()
    written = [(one.what, one.subject, one.subject_name, one.reason) for one in stage.deed_log.deeds]
    assert written == [
        ("confirm_payment", str(CHANNEL.id), "ada", f"5.00 EUR, {pending.reference}"),
        ("grant_subscription", str(BOB.account_id), "bob", "Months: 2, of 'Gold' at 'ada'"),
    ]
    assert {one.by for one in stage.deed_log.deeds} == {ADMINISTRATOR.account_id}


async def test_a_deed_is_told_with_what_was_done_also_while_the_log_is_away() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    await stage.take(EVE, "ada", str(tier.id))
    pending = (await stage.subscription()).pending
    assert pending is not None
    stage.deed_log.is_away = True
    await stage.grant(ADMINISTRATOR, "ada", "bob", str(tier.id), 2)
    await stage.refuse(ADMINISTRATOR, "ada", str(pending.id))
    told = told_deeds(stage.database.events)
    assert [one.what for one in told] == ["grant_subscription", "refuse_payment"]
    stage.deed_log.is_away = False
    with pytest.raises(Conflict):
        await stage.confirm(ADMINISTRATOR, "ada", str(pending.id))
    assert told_deeds(stage.database.events) == told
    assert stage.deed_log.deeds == [], "what was not done is not written down"


async def test_what_is_not_committed_is_not_written_down() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    stage.database.is_commit_refused = True
    with pytest.raises(Unavailable):
        await stage.grant(ADMINISTRATOR, "ada", "bob", str(tier.id), 2)
    assert told_deeds(stage.database.events) == stage.deed_log.deeds == []


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


async def test_one_that_fails_is_put_off_and_those_behind_it_are_seen_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    await stage.taken(EVE)
    stage.clock.advance(timedelta(hours=1))
    await stage.taken(BOB, amount=600)
    catch_up = stage.ledger.catch_up

    async def fails_for_eve(unit: UnitOfWork, due: PaidSubscription, now: datetime) -> PaidSubscription:
        if due.account_id == EVE.account_id:
            raise RuntimeError("a row that nobody thought of")
        return await catch_up(unit, due, now)

    monkeypatch.setattr(Ledger, "catch_up", staticmethod(fails_for_eve))
    await stage.wait(timedelta(days=25))
    assert (await stage.subscription(EVE)).pending is None
    assert (await stage.subscription(BOB)).pending is not None
    monkeypatch.undo()
    assert not await stage.pass_time(), "it waits for an hour"
    await stage.wait(timedelta(hours=1))
    assert (await stage.subscription(EVE)).pending is not None
