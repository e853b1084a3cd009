"""Subscriptions that go to another tier: when it counts, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.social.stage import ADA, EVE, Stage

from cpc.kernel.errors import Conflict
from livehouse.access.contract import Entitlement
from livehouse.social.domain.money import Money
from livehouse.social.domain.payment import PaymentKind, PaymentState
from livehouse.social.domain.tier import Benefit, BenefitKind


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
