"""Whatever people do to a paid subscription, in whatever order and with whatever pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cpc.kernel.errors import Conflict, NotFound
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.domain import transitions
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import (
    GRACE,
    PaidSubscription,
    SubscriptionId,
    SubscriptionState,
)
from livehouse.social.domain.payment import Payment, PaymentId, PaymentKind, PaymentState
from livehouse.social.domain.tier import SubscriptionTier, TierId
from livehouse.social.domain.transitions import Hindrance, Outcome

START = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
CHANNEL, OWNER, SUPPORTER = ChannelId(UUID(int=1)), AccountId(UUID(int=2)), AccountId(UUID(int=3))
TIERS = tuple(
    SubscriptionTier(TierId(UUID(int=10 + n)), CHANNEL, f"Tier {n}", Money(n * 333, "EUR"), (), START)
    for n in range(4)
)
A_TIER = st.sampled_from(TIERS)


class SubscriptionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.subscription: PaidSubscription | None = None
        self.payments: dict[PaymentId, Payment] = {}
        self.withdrawn: set[TierId] = set()
        self.hindrance: Hindrance | None = None
        self.begins = 0
        self.ends = 0
        self.most_months = 0
        self.ids = 100

    def new_payment(self) -> PaymentId:
        self.ids += 1
        return PaymentId(UUID(int=self.ids))

    def record(self, outcome: Outcome) -> None:
        for payment in outcome.settled:
            earlier = self.payments.get(payment.id)
            assert earlier is None or earlier.state is PaymentState.PENDING, "settled once"
            assert earlier is not None or payment.kind is PaymentKind.GRANT
            assert payment.state is not PaymentState.PENDING
            self.payments[payment.id] = payment
        pending = outcome.subscription.pending
        if pending is not None:
            self.payments[pending.id] = pending
        self.begins += outcome.has_begun
        self.ends += outcome.ended is not None
        self.subscription = outcome.subscription
        self.catch_up()

    def catch_up(self) -> None:
        for _ in range(10):
            subscription = self.subscription
            if subscription is None or subscription.due_at is None or subscription.due_at > self.now:
                return
            wanted = subscription.next_tier_id or subscription.tier_id
            tier = next(one for one in TIERS if one.id == wanted)
            renewal = None if tier.id in self.withdrawn else tier
            outcome = transitions.pass_time(
                subscription, renewal, self.new_payment(), self.now, self.hindrance
            )
            asked = outcome.subscription.pending
            if asked is not None and asked.id not in self.payments:
                assert self.hindrance is None, "nothing is asked for"
            for payment in outcome.settled:
                self.payments[payment.id] = payment
            if outcome.subscription.pending is not None:
                self.payments[outcome.subscription.pending.id] = outcome.subscription.pending
            self.begins += outcome.has_begun
            self.ends += outcome.ended is not None
            self.subscription = outcome.subscription
        raise AssertionError("time never catches up")

    @rule(seconds=st.integers(1, 100 * 86_400))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.catch_up()

    @rule(tier=A_TIER)
    def take(self, tier: SubscriptionTier) -> None:
        if tier.id in self.withdrawn:
            return
        before = self.subscription
        try:
            outcome = transitions.take_tier(
                before, SUPPORTER, tier, SubscriptionId(UUID(int=4)), self.new_payment(), self.now
            )
        except Conflict:
            assert before is not None
            assert before.tier_id != tier.id
            return
        self.record(outcome)
        again = transitions.take_tier(
            self.subscription, SUPPORTER, tier, SubscriptionId(UUID(int=5)), self.new_payment(), self.now
        )
        if self.subscription is not None and self.subscription.tier_id == tier.id:
            assert again.subscription == self.subscription, "twice is as once"

    @precondition(lambda self: self.subscription is not None)
    @rule(tier=A_TIER)
    def change(self, tier: SubscriptionTier) -> None:
        if tier.id in self.withdrawn or self.subscription is None:
            return
        paid_until = self.subscription.paid_until
        try:
            outcome = transitions.change_tier(self.subscription, tier, self.new_payment(), self.now)
        except (NotFound, Conflict):
            return
        self.record(outcome)
        assert self.subscription.paid_until == paid_until, "nothing paid for is lost or won"
        again = transitions.change_tier(self.subscription, tier, self.new_payment(), self.now)
        assert again.subscription == self.subscription, "twice is as once"

    @precondition(lambda self: self.subscription is not None)
    @rule()
    def cancel(self) -> None:
        assert self.subscription is not None
        until = self.subscription.paid_until
        try:
            self.record(transitions.cancel(self.subscription, self.now))
        except NotFound:
            assert self.subscription.state not in {
                SubscriptionState.PENDING,
                SubscriptionState.ACTIVE,
                SubscriptionState.CANCELLED,
            }
            return
        if self.subscription.is_running:
            assert self.subscription.entitled_until == until, "what is paid for stays"

    @precondition(lambda self: self.subscription is not None and self.subscription.pending is not None)
    @rule()
    def confirm(self) -> None:
        assert self.subscription is not None
        self.record(transitions.confirm(self.subscription, self.now, OWNER))
        assert self.subscription.is_running
        assert self.subscription.entitled_until is not None
        assert self.subscription.entitled_until > self.now, "who pays gets something"

    @precondition(lambda self: self.subscription is not None and self.subscription.pending is not None)
    @rule()
    def refuse(self) -> None:
        assert self.subscription is not None
        self.record(transitions.refuse(self.subscription, self.now, OWNER))

    @rule(tier=A_TIER, months=st.integers(1, 36))
    def grant(self, tier: SubscriptionTier, months: int) -> None:
        if tier.id in self.withdrawn:
            return
        try:
            outcome = transitions.grant(
                self.subscription,
                SUPPORTER,
                tier,
                months,
                SubscriptionId(UUID(int=4)),
                self.new_payment(),
                OWNER,
                self.now,
            )
        except Conflict:
            return
        self.record(outcome)
        assert self.subscription is not None
        assert self.subscription.is_running

    @rule(hindrance=st.sampled_from((None, *Hindrance)))
    def hinder(self, hindrance: Hindrance | None) -> None:
        self.hindrance = hindrance

    @rule(tier=A_TIER)
    def withdraw_tier(self, tier: SubscriptionTier) -> None:
        self.withdrawn = {tier.id}

    @invariant()
    def holds(self) -> None:
        subscription = self.subscription
        if subscription is None:
            return
        assert subscription.due_at is None or subscription.due_at > self.now
        assert (subscription.entitled_until is not None) == subscription.is_running
        if subscription.is_running:
            assert subscription.due_at is not None, "no running subscription is forgotten"
            assert subscription.run is not None
            assert subscription.run.months >= 1
        else:
            assert subscription.next_tier_id is None
        if subscription.state is SubscriptionState.PENDING:
            assert subscription.pending is not None
            assert subscription.pending.kind is PaymentKind.FIRST
        if subscription.state not in {SubscriptionState.PENDING, SubscriptionState.ACTIVE}:
            assert subscription.pending is None
        waiting = [one for one in self.payments.values() if one.state is PaymentState.PENDING]
        assert waiting == ([] if subscription.pending is None else [subscription.pending])
        assert self.begins - self.ends == subscription.is_running

    @invariant()
    def months_never_fall_and_never_exceed_what_was_paid_for(self) -> None:
        if self.subscription is None:
            return
        months, streak = self.subscription.months(self.now), self.subscription.streak(self.now)
        assert months >= self.most_months
        assert 0 <= streak <= months
        confirmed = [one for one in self.payments.values() if one.state is PaymentState.CONFIRMED]
        assert months <= sum(one.months for one in confirmed)
        self.most_months = months

    @invariant()
    def an_upgrade_costs_no_more_than_its_months(self) -> None:
        for payment in self.payments.values():
            assert payment.amount.amount >= 0
            if payment.kind is PaymentKind.UPGRADE:
                assert 0 < payment.amount.amount <= payment.price.amount * 121
            if payment.kind is PaymentKind.RENEWAL and payment.state is PaymentState.PENDING:
                assert payment.due_at >= self.now
                assert self.subscription is not None
                assert self.subscription.paid_until is not None
                assert payment.due_at >= self.subscription.paid_until + GRACE


TestSubscriptions = SubscriptionMachine.TestCase
TestSubscriptions.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
