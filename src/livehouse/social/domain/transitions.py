"""What may happen to a paid subscription. Each returns an `Outcome` or raises; none reads a clock.

Before any of them, time is caught up with: `subscription.due_at` is None or in the future.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cpc.kernel.errors import Conflict, NotFound
from livehouse.accounts.contract import AccountId
from livehouse.social.domain.money import Money
from livehouse.social.domain.months import add_months
from livehouse.social.domain.paid_subscription import (
    GRACE,
    PENDING_FOR,
    POSTPONED_BY,
    EndReason,
    FormerTier,
    PaidSubscription,
    SubscriptionId,
    SubscriptionState,
)
from livehouse.social.domain.payment import Payment, PaymentId, PaymentKind, PaymentState
from livehouse.social.domain.tier import SubscriptionTier

MAX_MONTHS_AHEAD = 120


class Hindrance(StrEnum):
    """Why a renewal may not be asked for. Suspended: the channel, its owner or the supporter."""

    BLOCKED = "blocked"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Outcome:
    """settled: payments that wait no more. has_begun: a run did. ended: why one did, None otherwise."""

    subscription: PaidSubscription
    settled: tuple[Payment, ...] = ()
    has_begun: bool = False
    ended: EndReason | None = None


def take_tier(
    existing: PaidSubscription | None,
    supporter: AccountId,
    tier: SubscriptionTier,
    new_id: SubscriptionId,
    payment_id: PaymentId,
    now: datetime,
) -> Outcome:
    """Somebody asks for a tier. Asking again for the same one changes nothing; a cancelled subscription goes
    on. Raises `Conflict` (payment-pending, already-subscribed).
    """
    if existing is not None and existing.tier_id == tier.id:
        if existing.state is SubscriptionState.CANCELLED:
            return Outcome(replace(existing, state=SubscriptionState.ACTIVE))
        if existing.state in {SubscriptionState.PENDING, SubscriptionState.ACTIVE}:
            return Outcome(existing)
    if existing is not None and existing.state is SubscriptionState.PENDING:
        raise Conflict(
            "payment-pending", "You asked for another tier, whose payment waits. Change the tier instead."
        )
    if existing is not None and existing.is_running:
        raise Conflict(
            "already-subscribed", "You have another tier of this channel. Change the tier instead."
        )
    asked = existing or PaidSubscription(
        new_id, supporter, tier.channel_id, SubscriptionState.PENDING, tier.id, tier.price, now
    )
    asked = replace(asked, state=SubscriptionState.PENDING, asked_at=now, next_tier_id=None)
    return Outcome(_asking(asked, PaymentKind.FIRST, tier, tier.price, payment_id, now, now + PENDING_FOR))


def change_tier(
    subscription: PaidSubscription, tier: SubscriptionTier, payment_id: PaymentId, now: datetime
) -> Outcome:
    """A dearer tier counts once the difference is paid, a cheaper one from the renewal on; while a renewal is
    asked for, either counts from it. Raises `NotFound` (no-subscription), `Conflict`
    (subscription-cancelled).
    """
    if subscription.state is SubscriptionState.CANCELLED:
        raise Conflict("subscription-cancelled", "The subscription is cancelled. Take it up again first.")
    pending = subscription.pending
    if subscription.state is SubscriptionState.PENDING and pending is not None:
        if pending.tier_id == tier.id:
            return Outcome(subscription)
        due_at = now + PENDING_FOR
        asking = _asking(subscription, PaymentKind.FIRST, tier, tier.price, payment_id, now, due_at)
        return Outcome(asking, (pending.settled(PaymentState.WITHDRAWN, now),))
    run = subscription.run
    if subscription.state is not SubscriptionState.ACTIVE or run is None:
        raise _no_subscription()
    wanted = None if tier.id == subscription.tier_id else tier.id
    is_same = (pending is None or pending.kind is PaymentKind.RENEWAL) and wanted == subscription.next_tier_id
    if is_same or (pending is not None and pending.tier_id == tier.id):
        return Outcome(subscription)
    settled = () if pending is None else (pending.settled(PaymentState.WITHDRAWN, now),)
    subscription = replace(subscription, next_tier_id=wanted)
    if pending is not None and pending.kind is PaymentKind.RENEWAL:
        return Outcome(_asking_renewal(subscription, tier, payment_id, now, pending.due_at), settled)
    subscription = replace(subscription, pending=None)
    is_dearer = (
        tier.price.currency == subscription.price.currency
        and tier.price.amount > subscription.price.amount
        and wanted is not None
    )
    if not is_dearer:
        return Outcome(subscription, settled)
    subscription = replace(subscription, next_tier_id=None)
    # The rest of this month is paid for already where it was a dearer tier's.
    former = subscription.former
    amount = subscription.upgrade_price(tier.price, now if former is None else max(now, former.until))
    due_at = min(now + PENDING_FOR, subscription.renewal_due_at(run))
    asking = _asking(subscription, PaymentKind.UPGRADE, tier, amount, payment_id, now, due_at)
    return Outcome(asking, settled)


def cancel(subscription: PaidSubscription, now: datetime) -> Outcome:
    """What is paid for is not taken away. Twice is as once. Raises `NotFound` (no-subscription)."""
    settled = _withdrawn(subscription, now)
    match subscription.state:
        case SubscriptionState.CANCELLED:
            return Outcome(subscription)
        case SubscriptionState.PENDING:
            return Outcome(replace(subscription, state=SubscriptionState.ENDED, pending=None), settled)
        case SubscriptionState.ACTIVE:
            assert subscription.run is not None
            if now >= subscription.run.ends_at:
                return _ended(subscription, EndReason.CANCELLED, settled)
            cancelled = replace(
                subscription, state=SubscriptionState.CANCELLED, pending=None, next_tier_id=None
            )
            return Outcome(cancelled, settled)
        case _:
            raise _no_subscription()


def confirm(subscription: PaidSubscription, now: datetime, by: AccountId | None) -> Outcome:
    """The pending payment came in. by: who says so; None where nothing had to."""
    payment = _pending(subscription)
    settled = (payment.settled(PaymentState.CONFIRMED, now, by),)
    if payment.kind is PaymentKind.FIRST:
        subscription = subscription.begun(now, payment.months)
    elif payment.kind is PaymentKind.RENEWAL:
        ends_at = subscription.paid_until
        if payment.tier_id != subscription.tier_id and ends_at is not None and now < ends_at:
            subscription = replace(subscription, former=FormerTier(subscription.tier_id, ends_at))
        subscription = subscription.continued(now, payment.months)
    paid = replace(
        subscription,
        state=SubscriptionState.ACTIVE,
        tier_id=payment.tier_id,
        price=payment.price,
        next_tier_id=None,
        pending=None,
    )
    return Outcome(paid, settled, has_begun=payment.kind is PaymentKind.FIRST)


def refuse(subscription: PaidSubscription, now: datetime, by: AccountId) -> Outcome:
    """The pending payment did not come in."""
    payment = _pending(subscription)
    settled = (payment.settled(PaymentState.REFUSED, now, by),)
    without = replace(subscription, pending=None, next_tier_id=None)
    match payment.kind:
        case PaymentKind.FIRST:
            return Outcome(replace(without, state=SubscriptionState.REFUSED), settled)
        case PaymentKind.RENEWAL:
            assert subscription.run is not None
            if now >= subscription.run.ends_at:
                return _ended(without, EndReason.LAPSED, settled)
            return Outcome(replace(without, state=SubscriptionState.CANCELLED), settled)
        case _:
            return Outcome(without, settled)


def grant(
    existing: PaidSubscription | None,
    supporter: AccountId,
    tier: SubscriptionTier,
    months: int,
    new_id: SubscriptionId,
    payment_id: PaymentId,
    by: AccountId,
    now: datetime,
) -> Outcome:
    """Months without payment. They prolong a running subscription to the same tier; otherwise they are all
    there is, and asked for no renewal. Raises `Conflict` (other-tier, too-many-months).
    """
    free = Money(0, tier.price.currency)
    given = Payment(
        payment_id, supporter, tier.channel_id, PaymentKind.GRANT, tier.id, free, free, months, now, now
    ).settled(PaymentState.CONFIRMED, now, by)
    if existing is not None and existing.is_running:
        if existing.tier_id != tier.id:
            raise Conflict("other-tier", "They have another tier of this channel already. Grant that one.")
        prolonged = replace(existing, pending=None).continued(now, months)
        if prolonged.run is not None and prolonged.run.ends_at > add_months(now, MAX_MONTHS_AHEAD):
            raise Conflict("too-many-months", f"At most {MAX_MONTHS_AHEAD} months lie ahead. Grant fewer.")
        return Outcome(prolonged, (*_withdrawn(existing, now), given))
    begun = existing or PaidSubscription(
        new_id, supporter, tier.channel_id, SubscriptionState.PENDING, tier.id, free, now
    )
    withdrawn = _withdrawn(begun, now)
    begun = replace(
        begun.begun(now, months),
        state=SubscriptionState.CANCELLED,
        tier_id=tier.id,
        price=free,
        asked_at=now,
        pending=None,
        next_tier_id=None,
    )
    return Outcome(begun, (*withdrawn, given), has_begun=True)


def pass_time(
    subscription: PaidSubscription,
    renewal_tier: SubscriptionTier | None,
    payment_id: PaymentId,
    now: datetime,
    hindrance: Hindrance | None = None,
) -> Outcome:
    """The next thing that time changes, where `due_at` is not in the future. To be repeated until it is.

    renewal_tier: what the renewal would be for, None where that is not offered any more. A block ends what is
    not paid for yet; a suspension may be lifted until the end of what is.
    """
    payment, run = subscription.pending, subscription.run
    if payment is not None and payment.due_at <= now:
        settled = (payment.settled(PaymentState.EXPIRED, now),)
        without = replace(subscription, pending=None)
        match payment.kind:
            case PaymentKind.FIRST:
                return Outcome(replace(without, state=SubscriptionState.EXPIRED), settled)
            case PaymentKind.RENEWAL:
                return _ended(without, EndReason.LAPSED, settled)
            case _:
                return Outcome(without, settled)
    assert run is not None
    if subscription.state is SubscriptionState.CANCELLED:
        return _ended(subscription, EndReason.CANCELLED, ())
    is_over = hindrance is Hindrance.SUSPENDED and now >= run.ends_at
    if renewal_tier is None or hindrance is Hindrance.BLOCKED or is_over:
        return Outcome(replace(subscription, state=SubscriptionState.CANCELLED, next_tier_id=None))
    if hindrance is not None:
        return Outcome(replace(subscription, renewal_postponed_to=min(now + POSTPONED_BY, run.ends_at)))
    due_at = max(run.ends_at, now) + GRACE
    return Outcome(_asking_renewal(subscription, renewal_tier, payment_id, now, due_at))


def end(subscription: PaidSubscription, reason: EndReason, now: datetime) -> Outcome:
    """At once, whatever was paid for."""
    settled = _withdrawn(subscription, now)
    if not subscription.is_running:
        return Outcome(replace(subscription, state=SubscriptionState.ENDED, pending=None), settled)
    return _ended(subscription, reason, settled)


def _ended(subscription: PaidSubscription, reason: EndReason, settled: tuple[Payment, ...]) -> Outcome:
    ended = replace(subscription, state=SubscriptionState.ENDED, pending=None, next_tier_id=None)
    return Outcome(ended, settled, ended=reason)


def _asking(
    subscription: PaidSubscription,
    kind: PaymentKind,
    tier: SubscriptionTier,
    amount: Money,
    payment_id: PaymentId,
    now: datetime,
    due_at: datetime,
) -> PaidSubscription:
    months = 0 if kind is PaymentKind.UPGRADE else 1
    payment = Payment(
        payment_id,
        subscription.account_id,
        subscription.channel_id,
        kind,
        tier.id,
        amount,
        tier.price,
        months,
        now,
        due_at,
    )
    if kind is PaymentKind.FIRST:
        subscription = replace(subscription, tier_id=tier.id, price=tier.price)
    return replace(subscription, pending=payment)


def _asking_renewal(
    subscription: PaidSubscription,
    tier: SubscriptionTier,
    payment_id: PaymentId,
    now: datetime,
    due_at: datetime,
) -> PaidSubscription:
    return _asking(subscription, PaymentKind.RENEWAL, tier, tier.price, payment_id, now, due_at)


def _withdrawn(subscription: PaidSubscription, now: datetime) -> tuple[Payment, ...]:
    payment = subscription.pending
    return () if payment is None else (payment.settled(PaymentState.WITHDRAWN, now),)


def _pending(subscription: PaidSubscription) -> Payment:
    assert subscription.pending is not None
    return subscription.pending


def _no_subscription() -> NotFound:
    return NotFound("no-subscription", "There is no subscription to this channel.")
