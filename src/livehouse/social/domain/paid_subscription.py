"""Somebody supports a channel by a tier, month by month.

```
        take a tier              confirm                cancel            its end
nothing ───────────▶ pending ─────────────▶ active ───────────▶ cancelled ───────▶ ended
                        │ refuse, 14 days      │ ▲                   │ take it again
                        ▼                      │ └───────────────────┘
               refused, expired                └ renewal unpaid, 3 days after the end ──▶ ended
```

One for each supporter and channel for ever: it remembers months and streak, and who returns begins anew
from `ended`, `refused` or `expired`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.domain.money import Money
from livehouse.social.domain.months import add_months, months_begun
from livehouse.social.domain.payment import Payment, PaymentKind
from livehouse.social.domain.tier import TierId

PENDING_FOR = timedelta(days=14)
"""So long a first payment or an upgrade waits."""
RENEWAL_LEAD = timedelta(days=7)
"""So long before the end of what is paid for, the next payment is asked for."""
POSTPONED_BY = timedelta(days=1)
"""A renewal that may not be asked for now is looked at again so long after."""
GRACE = timedelta(days=3)
"""So long after it a subscription goes on while its renewal is not settled."""
STREAK_GRACE = timedelta(days=30)
"""Who returns within it goes on with the streak."""


class SubscriptionId(EntityId):
    prefix: ClassVar[str] = "sub"


class SubscriptionState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    ENDED = "ended"
    REFUSED = "refused"
    EXPIRED = "expired"


class EndReason(StrEnum):
    """Lapsed: not paid for in time, or refused. Removed: by the owner, or an administrator. Blocked: the
    owner did, and nothing was paid.
    """

    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    REMOVED = "removed"
    BLOCKED = "blocked"
    CHANNEL_DELETED = "channel-deleted"
    ACCOUNT_ERASED = "account-erased"


RUNNING = frozenset({SubscriptionState.ACTIVE, SubscriptionState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Run:
    """Months paid for one after the other, from `started_at` on."""

    started_at: datetime
    months: int

    @property
    def ends_at(self) -> datetime:
        return add_months(self.started_at, self.months)

    def begun(self, now: datetime) -> int:
        """Months that have begun, of those paid for."""
        return min(self.months, months_begun(self.started_at, now))


@dataclass(frozen=True, slots=True)
class FormerTier:
    """Paid for until then, while the renewal to another tier is paid already."""

    tier_id: TierId
    until: datetime


@dataclass(frozen=True, slots=True)
class PaidSubscription:
    """price: what a month of the present tier costs. next_tier_id: from the renewal on, None for the same.

    run: the present one, or the last; None before the first payment. months_before, streak_before: what it
    goes on from. pending: the payment that waits, None when none does. former: what it had opens until then
    what it did; None where the present one is all there is. renewal_postponed_to: not asked for before.
    """

    id: SubscriptionId
    account_id: AccountId
    channel_id: ChannelId
    state: SubscriptionState
    tier_id: TierId
    price: Money
    asked_at: datetime
    next_tier_id: TierId | None = None
    run: Run | None = None
    months_before: int = 0
    streak_before: int = 0
    pending: Payment | None = None
    former: FormerTier | None = None
    renewal_postponed_to: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    @property
    def paid_until(self) -> datetime | None:
        """The end of what is paid for, whether it was reached or not."""
        return None if self.run is None else self.run.ends_at

    @property
    def entitled_until(self) -> datetime | None:
        """Until then the supporter is a paid subscriber; None for one who is none."""
        if self.run is None or not self.is_running:
            return None
        if self.state is SubscriptionState.CANCELLED:
            return self.run.ends_at
        if self.pending is not None and self.pending.kind is PaymentKind.RENEWAL:
            return self.pending.due_at
        return self.run.ends_at + GRACE

    def is_entitled(self, now: datetime) -> bool:
        until = self.entitled_until
        return until is not None and until > now

    @property
    def due_at(self) -> datetime | None:
        """When time itself changes something next; None when it does not."""
        moments = [] if self.pending is None else [self.pending.due_at]
        if self.run is not None and self.state is SubscriptionState.CANCELLED:
            moments.append(self.run.ends_at)
        if self.run is not None and self.state is SubscriptionState.ACTIVE and not self.awaits_renewal:
            moments.append(self.renewal_due_at(self.run))
        return min(moments, default=None)

    def renewal_due_at(self, run: Run) -> datetime:
        """When the month after `run` is asked for."""
        usually = run.ends_at - RENEWAL_LEAD
        return max(usually, self.renewal_postponed_to or usually)

    @property
    def awaits_renewal(self) -> bool:
        return self.pending is not None and self.pending.kind is PaymentKind.RENEWAL

    def months(self, now: datetime) -> int:
        """Begun months over all times."""
        return self.months_before + (0 if self.run is None else self.run.begun(now))

    def streak(self, now: datetime) -> int:
        """Begun months without a gap; 0 once the gap is too long to go on."""
        if self.run is None or (not self.is_running and now > self.run.ends_at + STREAK_GRACE):
            return 0
        return self.streak_before + self.run.begun(now)

    def begun(self, now: datetime, months: int) -> PaidSubscription:
        """A new run from now on, after the last one if there was one."""
        return replace(
            self,
            months_before=self.months(now),
            streak_before=self.streak(now),
            run=Run(now, months),
            former=None,
        )

    def former_at(self, now: datetime) -> TierId | None:
        """The tier that still gives what it has, beside the present one."""
        return None if self.former is None or self.former.until <= now else self.former.tier_id

    def continued(self, now: datetime, months: int) -> PaidSubscription:
        """The run goes on where it ends; after an end that is long past, where nobody asked for the renewal
        in time, it begins anew rather than to be paid for a time gone by.
        """
        assert self.run is not None
        if now > self.run.ends_at + GRACE:
            return self.begun(now, months)
        return replace(self, run=replace(self.run, months=self.run.months + months))

    def upgrade_price(self, price: Money, now: datetime) -> Money:
        """What a dearer tier costs for the rest of what is paid for: the difference by time, rounded up."""
        assert self.run is not None
        begun = self.run.begun(now)
        month_starts_at = add_months(self.run.started_at, begun - 1)
        month_ends_at = add_months(self.run.started_at, begun)
        month_us = (month_ends_at - month_starts_at) // _MICROSECOND
        left_us = max(0, (month_ends_at - now) // _MICROSECOND) + month_us * (self.run.months - begun)
        difference = price.amount - self.price.amount
        return Money(-(-difference * left_us // month_us), price.currency)


_MICROSECOND = timedelta(microseconds=1)
