"""What a channel offers its supporters, and for how much a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from cpc.kernel.errors import Invalid
from cpc.kernel.ids import EntityId
from cpc.kernel.text import visible_line
from livehouse.access.contract import Entitlement
from livehouse.channel.contract import ChannelId
from livehouse.social.domain.money import Money

MAX_TIERS = 5
MAX_NAME_CHARACTERS = 40
MAX_BADGES = 12
MAX_BADGE_MONTHS = 120
MAX_EMOTE_SLOTS = 60
MAX_PRICE = 100_000_000
MAX_CUSTOM_BENEFITS = 10
MAX_BENEFIT_CHARACTERS = 120


class TierId(EntityId):
    prefix: ClassVar[str] = "tir"


class BenefitKind(StrEnum):
    BADGE = "badge"
    EMOTE_SLOTS = "emote_slots"
    MEMBERS_ONLY_CHAT = Entitlement.CHAT.value
    MEMBERS_ONLY_BROADCASTS = Entitlement.BROADCASTS.value
    REPLAYS = Entitlement.REPLAYS.value
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Benefit:
    """months: of a badge, after how many there is a new one, rising. slots: for emotes. text: a custom one.

    Raises `Invalid` (malformed-benefit).
    """

    kind: BenefitKind
    months: tuple[int, ...] = ()
    slots: int = 0
    text: str = ""

    def __post_init__(self) -> None:
        match self.kind:
            case BenefitKind.BADGE:
                rising = all(one < other for one, other in zip(self.months, self.months[1:], strict=False))
                if not 1 <= len(self.months) <= MAX_BADGES or not rising:
                    raise _malformed(f"A badge names 1 to {MAX_BADGES} rising numbers of months.")
                if self.months[0] < 1 or self.months[-1] > MAX_BADGE_MONTHS:
                    raise _malformed(f"The months of a badge are 1 to {MAX_BADGE_MONTHS}.")
            case BenefitKind.EMOTE_SLOTS:
                if not 1 <= self.slots <= MAX_EMOTE_SLOTS:
                    raise _malformed(f"There are 1 to {MAX_EMOTE_SLOTS} emote slots.")
            case BenefitKind.CUSTOM:
                if not 1 <= len(self.text) <= MAX_BENEFIT_CHARACTERS:
                    raise _malformed(f"A custom benefit has 1 to {MAX_BENEFIT_CHARACTERS} characters.")
            case _:
                pass


@dataclass(frozen=True, slots=True)
class SubscriptionTier:
    """price: of a month. withdrawn_at: None while it is offered; whoever has it then keeps it to the end of
    what is paid for.
    """

    id: TierId
    channel_id: ChannelId
    name: str
    price: Money
    benefits: tuple[Benefit, ...]
    created_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def is_offered(self) -> bool:
        return self.withdrawn_at is None

    def changed(self, *, name: str | None, price: Money | None, benefits: Sequence[Benefit] | None) -> Self:
        """None leaves a field as it is. A new price counts from the next payment on.

        Raises `Invalid` (malformed-tier-name, price-range, malformed-benefit).
        """
        return replace(
            self,
            name=self.name if name is None else tier_name(name),
            price=self.price if price is None else tier_price(price),
            benefits=self.benefits if benefits is None else checked_benefits(benefits),
        )


def entitlements_of(benefits: Sequence[Benefit]) -> frozenset[Entitlement]:
    """Those of the benefits that open something."""
    kinds = {benefit.kind.value for benefit in benefits}
    return frozenset(entitlement for entitlement in Entitlement if entitlement.value in kinds)


def badge_months(benefits: Sequence[Benefit], months: int) -> int | None:
    """Of the badge that somebody has after so many months; None without one."""
    reached = (at for benefit in benefits if benefit.kind is BenefitKind.BADGE for at in benefit.months)
    return max((at for at in reached if at <= months), default=None)


def tier_name(text: str) -> str:
    """Raises `Invalid` (malformed-tier-name)."""
    name = visible_line(text)
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise Invalid(
            "malformed-tier-name", f"A tier's name is one line of 1 to {MAX_NAME_CHARACTERS} characters."
        )
    return name


def tier_price(price: Money) -> Money:
    """Raises `Invalid` (price-range)."""
    if price.amount > MAX_PRICE:
        raise Invalid("price-range", f"A month costs 0 to {MAX_PRICE} of the currency's smallest unit.")
    return price


def checked_benefits(benefits: Sequence[Benefit]) -> tuple[Benefit, ...]:
    """Texts as one line of what can be seen. Raises `Invalid` (malformed-benefit)."""
    custom = sum(benefit.kind is BenefitKind.CUSTOM for benefit in benefits)
    if custom > MAX_CUSTOM_BENEFITS:
        raise _malformed(f"A tier has at most {MAX_CUSTOM_BENEFITS} custom benefits.")
    others = [benefit.kind for benefit in benefits if benefit.kind is not BenefitKind.CUSTOM]
    if len(set(others)) < len(others):
        raise _malformed("But for custom ones, a tier names each kind of benefit once.")
    return tuple(replace(benefit, text=visible_line(benefit.text)) for benefit in benefits)


def _malformed(detail: str) -> Invalid:
    return Invalid("malformed-benefit", detail)
