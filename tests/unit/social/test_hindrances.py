"""Blocks and suspensions: whoever is not wanted, or wants no more, is asked for no money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.social.stage import ADA, BOB, CHANNEL, EVE, OTHER, People, Stage

from livehouse.access.contract import Suspension
from livehouse.accounts.contract import Actor, PersonBlocked
from livehouse.accounts.testing import FakePeople
from livehouse.channel.contract import ChannelRef
from livehouse.channel.testing import FakeChannels
from livehouse.social.application.find_hindrance import FindHindrance
from livehouse.social.domain.paid_subscription import RENEWAL_LEAD, SubscriptionState
from livehouse.social.domain.payment import PaymentKind, PaymentState
from livehouse.social.domain.transitions import Hindrance


async def blocked(stage: Stage, person: Actor) -> None:
    """The owner blocks somebody, and the worker hears of it, as often as events come."""
    stage.people.blocks.add((ADA.require_account(), person.require_account()))
    for _ in range(2):
        await stage.parting.person_blocked(
            PersonBlocked(ADA.require_account(), person.require_account(), stage.clock.now())
        )


async def test_a_block_ends_a_subscription_with_what_is_paid_for() -> None:
    stage = Stage()
    await stage.taken()
    await stage.wait(timedelta(days=25))
    assert (await stage.subscription()).awaits_renewal
    await blocked(stage, EVE)
    subscription = await stage.subscription()
    assert (subscription.state, subscription.pending) == (SubscriptionState.CANCELLED, None)
    assert [one.kind for one in stage.payments(PaymentState.WITHDRAWN)] == [PaymentKind.RENEWAL]
    assert await stage.is_supporter(), "it is paid for"
    stage.people.blocks.clear()
    await stage.wait(timedelta(days=6))
    assert (await stage.subscription()).state is SubscriptionState.ENDED
    assert stage.payments(PaymentState.PENDING) == []
    assert [event.data["reason"] for event in stage.events("SubscriptionEnded")] == ["cancelled"]


async def test_a_block_withdraws_what_was_asked_for_first_and_finds_nothing_where_there_is_nothing() -> None:
    stage = Stage()
    await blocked(stage, BOB)
    tier = await stage.tier()
    await stage.take(EVE, "ada", str(tier.id))
    await blocked(stage, EVE)
    assert (await stage.subscription()).state is SubscriptionState.ENDED
    assert stage.payments(PaymentState.PENDING) == []
    assert stage.events("SubscriptionEnded") == []


async def test_whoever_was_blocked_before_is_asked_for_no_renewal() -> None:
    stage = Stage()
    await stage.taken()
    stage.people.blocks.add((ADA.require_account(), EVE.require_account()))  # and the event is on its way
    await stage.wait(timedelta(days=25))
    subscription = await stage.subscription()
    assert (subscription.state, subscription.pending) == (SubscriptionState.CANCELLED, None)


@pytest.mark.parametrize("person", [ADA, EVE])
async def test_nothing_is_asked_for_while_one_of_both_is_suspended(person: Actor) -> None:
    stage = Stage()
    await stage.taken()
    stage.people.suspensions[person.require_account()] = Suspension("Spam", None)
    await stage.wait(timedelta(days=27))
    assert (await stage.subscription()).pending is None
    assert await stage.is_supporter()
    stage.people.suspensions.clear()
    await stage.wait(timedelta(days=1))
    subscription = await stage.subscription()
    assert (subscription.state, subscription.awaits_renewal) == (SubscriptionState.ACTIVE, True)
    await stage.confirm_pending()
    run = (await stage.subscription()).run
    assert run is not None
    assert (await stage.subscription()).due_at == run.ends_at - RENEWAL_LEAD


@pytest.mark.parametrize("pause", [timedelta(days=1), timedelta(days=60)])
async def test_whoever_is_suspended_to_the_end_is_over_then(pause: timedelta) -> None:
    stage = Stage()
    await stage.taken()
    stage.people.suspensions[ADA.require_account()] = Suspension("Spam", None)
    ends_at = (await stage.subscription()).paid_until
    assert ends_at is not None
    while stage.clock.now() < ends_at:
        assert await stage.is_supporter()
        await stage.wait(pause)
    assert (await stage.subscription()).state is SubscriptionState.ENDED
    assert not await stage.is_supporter()
    assert stage.payments(PaymentState.PENDING) == []


async def test_what_hinders_a_renewal() -> None:
    people, supporter = People(), EVE.require_account()

    async def hindrance(channel: ChannelRef) -> Hindrance | None:
        return await FindHindrance(people, FakeChannels(channel))(supporter, CHANNEL.id)

    assert await hindrance(CHANNEL) is None
    assert await hindrance(OTHER) is None, "the channel is gone"
    assert await hindrance(replace(CHANNEL, is_suspended=True)) is Hindrance.SUSPENDED
    people.blocks.add((ADA.require_account(), supporter))
    assert await hindrance(replace(CHANNEL, is_suspended=True)) is Hindrance.BLOCKED
    assert await FindHindrance(FakePeople(), FakeChannels(CHANNEL))(supporter, CHANNEL.id) is None, "all gone"
