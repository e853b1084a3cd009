"""Granted months, lists of supporters and payments, and what remains when people and channels go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.social.stage import ADA, ADMINISTRATOR, BOB, CHANNEL, EDITOR, EVE, MODERATOR, Stage

from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from livehouse.access.contract import Role
from livehouse.accounts.contract import AccountErased, PersonBlocked
from livehouse.social.application import subscribe
from livehouse.social.application.subscription_views import PaymentView, SupporterView
from livehouse.social.domain.months import add_months, months_begun
from livehouse.social.domain.paid_subscription import (
    EndReason,
    SubscriptionState,
)
from livehouse.social.domain.payment import PaymentKind, PaymentState


async def test_granted_months_end_by_themselves() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    granted = await stage.grant(ADA, "ada", "Eve", str(tier.id), 3)
    assert granted.subscription.state is SubscriptionState.CANCELLED
    assert granted.months == 1
    await stage.grant(ADMINISTRATOR, "ada", "eve", str(tier.id), 1)
    subscription = await stage.subscription()
    assert subscription.paid_until == add_months(stage.clock.now(), 4)
    assert len(stage.events("SubscriptionCreated")) == 1
    assert [one.kind for one in stage.payments(PaymentState.CONFIRMED)] == [PaymentKind.GRANT] * 2
    other = await stage.tier("Other")
    with pytest.raises(Conflict) as refused:
        await stage.grant(ADA, "ada", "eve", str(other.id), 1)
    assert refused.value.slug == "other-tier"
    await stage.wait(timedelta(days=125))
    subscription = await stage.subscription()
    assert subscription.state is SubscriptionState.ENDED
    assert subscription.months(stage.clock.now()) == 4


async def test_bad_grants() -> None:
    stage = Stage()
    await stage.furnish()
    tier = str((await stage.tier()).id)
    for months in (0, 37):
        with pytest.raises(Invalid) as invalid:
            await stage.grant(ADA, "ada", "eve", tier, months)
        assert invalid.value.slug == "months-range"
    with pytest.raises(NotFound):
        await stage.grant(ADA, "ada", "nobody", tier, 1)
    with pytest.raises(Conflict):
        await stage.grant(ADA, "ada", "ada", tier, 1)
    for _ in range(3):
        await stage.grant(ADA, "ada", "eve", tier, 36)
    with pytest.raises(Conflict) as refused:
        await stage.grant(ADA, "ada", "eve", tier, 13)
    assert refused.value.slug == "too-many-months"


async def test_a_supporter_is_let_go_at_once() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.taken()
    await stage.remove(ADA, "ada", "Eve")
    assert not await stage.is_supporter()
    (event,) = stage.events("SubscriptionEnded")
    assert event.data["reason"] == EndReason.REMOVED.value
    with pytest.raises(NotFound) as refused:
        await stage.remove(ADA, "ada", "eve")
    assert refused.value.slug == "no-subscription"
    assert stage.deed_log.deeds == []
    await stage.take(EVE, "ada", str(tier.id))
    await stage.remove(ADA, "ada", "eve")
    assert len(stage.payments(PaymentState.WITHDRAWN)) == 1, "what waits to be paid is withdrawn"
    await stage.grant(ADA, "ada", "eve", str(tier.id), 36)
    await stage.remove(ADMINISTRATOR, "ada", "eve")
    assert not await stage.is_supporter()
    (deed,) = stage.deed_log.deeds
    assert (deed.what, deed.subject_name, deed.reason) == ("remove_supporter", "eve", "At 'ada'")
    for actor in (EDITOR, MODERATOR, EVE):
        with pytest.raises(Forbidden):
            await stage.remove(actor, "ada", "eve")


async def test_whoever_is_blocked_is_granted_nothing_and_keeps_what_was_paid_for() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    await stage.grant(ADA, "ada", "eve", str(tier.id), 3)
    await stage.take(BOB, "ada", str(tier.id))
    await stage.confirm_pending(BOB)
    for actor in (EVE, BOB):
        stage.people.blocks.add((ADA.require_account(), actor.require_account()))
        blocked = PersonBlocked(ADA.require_account(), actor.require_account(), stage.clock.now())
        await stage.parting.person_blocked(blocked)
        with pytest.raises(Conflict) as refused:
            await stage.grant(ADA, "ada", str(actor.name), str(tier.id), 3)
        assert refused.value.slug == "person-blocked"
    assert not await stage.is_supporter(EVE)
    assert await stage.is_supporter(BOB)
    (event,) = stage.events("SubscriptionEnded")
    assert event.data["reason"] == EndReason.BLOCKED.value
    await stage.wait(timedelta(days=35))
    assert not await stage.is_supporter(BOB)


async def test_a_grant_settles_what_waits() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    await stage.take(EVE, "ada", str(tier.id))
    await stage.grant(ADA, "ada", "eve", str(tier.id), 1)
    assert len(stage.payments(PaymentState.WITHDRAWN)) == 1
    assert await stage.is_supporter()


def called(one: SupporterView | PaymentView) -> str | None:
    return None if one.person is None else str(one.person.name)


async def test_lists_for_the_supporter_and_the_owner() -> None:
    stage = Stage()
    await stage.furnish()
    tier = await stage.tier()
    for actor in (EVE, BOB):
        stage.clock.advance(timedelta(seconds=1))
        await stage.take(actor, "ada", str(tier.id))
    pending = await stage.list_payments(ADA, "ada", state=PaymentState.PENDING, limit=1)
    assert [(called(one), one.tier.name) for one in pending.payments] == [("bob", "Gold")]
    rest = await stage.list_payments(ADA, "ada", cursor=pending.next_cursor)
    assert ([called(one) for one in rest.payments], rest.next_cursor) == (["eve"], None)
    assert (await stage.list_supporters(EDITOR, "ada")).supporters == []
    for actor in (EVE, BOB):
        stage.clock.advance(timedelta(seconds=1))
        await stage.confirm_pending(actor)
    page = await stage.list_supporters(EDITOR, "ada", limit=1)
    assert [(called(one), one.months, one.streak) for one in page.supporters] == [("bob", 1, 1)]
    page = await stage.list_supporters(EDITOR, "ada", cursor=page.next_cursor)
    assert ([called(one) for one in page.supporters], page.next_cursor) == (["eve"], None)
    mine = await stage.list_subscriptions(EVE)
    assert [view.channel.name.value for view, _ in mine.subscriptions] == ["ada"]
    with pytest.raises(Invalid):
        await stage.list_subscriptions(EVE, cursor=pending.next_cursor)
    relationship = await stage.relationship(EVE, "ada")
    assert relationship.roles == {Role.PAID_SUBSCRIBER}
    assert relationship.subscription == mine.subscriptions[0][0]


async def test_no_more_than_so_many_payments_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribe, "MAX_PENDING", 0)
    stage = Stage()
    tier = await stage.tier()
    with pytest.raises(Conflict) as refused:
        await stage.take(EVE, "ada", str(tier.id))
    assert refused.value.slug == "too-many-pending"


async def test_an_erased_account_leaves_payments_without_a_name() -> None:
    stage = Stage()
    await stage.taken()
    await stage.taken(BOB, amount=600)
    assert EVE.name is not None
    for _ in range(2):
        await stage.parting.account_erased(AccountErased(EVE.require_account(), EVE.name, stage.clock.now()))
    assert not await stage.is_supporter()
    assert await stage.is_supporter(BOB)
    assert {one.account_id for one in stage.database.tables.payments.values()} == {None, BOB.account_id}
    (event,) = stage.events("SubscriptionEnded")
    assert event.data["reason"] == EndReason.ACCOUNT_ERASED.value
    assert [key[0] for key in stage.database.tables.subscriptions] == [BOB.account_id]


async def test_a_channel_that_goes_ends_its_subscriptions() -> None:
    stage = Stage()
    tier = await stage.taken()
    await stage.take(BOB, "ada", str(tier.id))
    await stage.follow(BOB, "ada")
    for _ in range(2):
        await stage.parting.channel_deleted(CHANNEL.id)
    assert not await stage.is_supporter()
    assert await stage.count_followers(EVE, "ada") == 0
    assert await stage.list_tiers(EVE, "ada") == []
    assert stage.payments(PaymentState.PENDING) == []
    assert len(stage.events("SubscriptionEnded")) == 1
    await stage.wait(timedelta(days=60))
    assert stage.payments(PaymentState.PENDING) == []


async def test_the_export_holds_subscriptions_and_payments() -> None:
    stage = Stage()
    await stage.taken()
    files = {
        one.name: [record async for record in one.records]
        for one in stage.personal_data.of(EVE.require_account())
    }
    (subscription,) = files["social/subscriptions"]
    assert (subscription["channel"], subscription["state"], subscription["months"]) == ("ada", "active", 1)
    (payment,) = files["social/payments"]
    assert (payment["amount"], payment["currency"], payment["state"]) == (500, "EUR", "confirmed")


def test_months_end_on_the_same_day_or_the_last() -> None:
    start = datetime(2027, 12, 31, 8, tzinfo=UTC)
    assert [(add_months(start, n).month, add_months(start, n).day) for n in range(1, 5)] == [
        (1, 31),
        (2, 29),
        (3, 31),
        (4, 30),
    ]
    assert months_begun(start, start - timedelta(seconds=1)) == 0
    assert months_begun(start, start) == 1
    assert months_begun(start, add_months(start, 2) - timedelta(seconds=1)) == 2
    assert months_begun(start, add_months(start, 2)) == 3
