"""Money asked of a supporter, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from cpc.kernel.ids import EntityId
from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.domain.money import Money
from livehouse.social.domain.tier import TierId


class PaymentId(EntityId):
    prefix: ClassVar[str] = "pay"


class PaymentKind(StrEnum):
    FIRST = "first"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"
    GRANT = "grant"


class PaymentState(StrEnum):
    """Expired: not settled in time. Withdrawn: nobody wants it any more."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Payment:
    """amount: what is asked for. price: what a month costs from then on. months: what it pays for.

    account_id: None once that account was erased. due_at: when it expires. settled_by: who confirmed or
    refused it. provider, reference: who asks for the money, and what the supporter names in paying.
    """

    id: PaymentId
    account_id: AccountId | None
    channel_id: ChannelId
    kind: PaymentKind
    tier_id: TierId
    amount: Money
    price: Money
    months: int
    created_at: datetime
    due_at: datetime
    state: PaymentState = PaymentState.PENDING
    settled_at: datetime | None = None
    settled_by: AccountId | None = None
    provider: str = ""
    reference: str = ""

    def settled(self, state: PaymentState, now: datetime, by: AccountId | None = None) -> Self:
        return replace(self, state=state, settled_at=now, settled_by=by)
