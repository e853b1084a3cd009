"""Tiers, paid subscriptions and payments as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from livehouse.accounts.contract import PersonCard
from livehouse.social.application import Benefit as BenefitResult
from livehouse.social.application import BenefitKind, SubscriptionTier
from livehouse.social.application import Money as MoneyResult
from livehouse.social.application import Payment as PaymentResult
from livehouse.social.application.subscription_views import PaymentView, SubscriptionView, SupporterView
from livehouse.web.paging import NextCursor
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import Body, DisplayName, Rfc3339, Shape

TierIdText = Annotated[str, Field(max_length=100, examples=["tir_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]


class Money(Body):
    amount: Annotated[
        int,
        Field(ge=0, le=10**12, description="In the currency's smallest unit, such as cents", examples=[499]),
    ]
    currency: Annotated[str, Field(max_length=10, description="ISO 4217", examples=["EUR"])]


class BadgeBenefit(Body):
    kind: Literal["badge"]
    months: Annotated[
        list[Annotated[int, Field(ge=1, le=120)]],
        Field(
            max_length=12, description="After how many there is a new one; rising", examples=[[1, 3, 6, 12]]
        ),
    ]


class EmoteSlotsBenefit(Body):
    kind: Literal["emote_slots"]
    slots: Annotated[int, Field(ge=1, le=60)]


class MembersOnlyChatBenefit(Body):
    kind: Literal["members_only_chat"]


class MembersOnlyBroadcastsBenefit(Body):
    kind: Literal["members_only_broadcasts"]


class ReplaysBenefit(Body):
    kind: Literal["replays"]


class CustomBenefit(Body):
    kind: Literal["custom"]
    text: Annotated[str, Field(min_length=1, max_length=120, examples=["A postcard"])]


Benefit = Annotated[
    BadgeBenefit
    | EmoteSlotsBenefit
    | MembersOnlyChatBenefit
    | MembersOnlyBroadcastsBenefit
    | ReplaysBenefit
    | CustomBenefit,
    Field(discriminator="kind"),
]
Benefits = Annotated[list[Benefit], Field(max_length=20)]


class Tier(Shape):
    id: TierIdText
    name: Annotated[str, Field(examples=["Gold"])]
    price: Annotated[Money, Field(description="Of a month")]
    benefits: Benefits
    is_offered: Annotated[bool, Field(description="Whether it can be taken")]


class Tiers(Shape):
    tiers: Annotated[list[Tier], Field(description="The cheapest first")]


class NewTier(Body):
    name: Annotated[str, Field(max_length=200, description="1 to 40 characters", examples=["Gold"])]
    price: Money
    benefits: Benefits = Field(default_factory=list)


class TierChange(Body):
    """What is left out stays."""

    name: Annotated[str | None, Field(max_length=200, examples=["Silver"])] = None
    price: Money | None = None
    benefits: Benefits | None = None


class WantedTier(Body):
    tier_id: TierIdText


class Grant(Body):
    account: Annotated[str, Field(max_length=100, description="A name", examples=["grace"])]
    tier_id: TierIdText
    months: Annotated[int, Field(ge=1, le=36)]


class Payment(Shape):
    id: Annotated[str, Field(examples=["pay_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    kind: Annotated[str, Field(description="first, renewal, upgrade or grant", examples=["first"])]
    state: Annotated[
        str, Field(description="pending, confirmed, refused, expired or withdrawn", examples=["pending"])
    ]
    tier_id: TierIdText
    amount: Money
    months: Annotated[int, Field(ge=0, description="0: an upgrade pays for no month more")]
    provider: Annotated[str, Field(examples=["manual"])]
    reference: Annotated[
        str, Field(description="To name in paying; empty for a grant", examples=["K7QX-2M4A-9PTB"])
    ]
    created_at: Rfc3339
    due_at: Annotated[Rfc3339, Field(description="When it expires unless it is settled")]
    settled_at: Rfc3339 | None


class Subscription(Shape):
    id: Annotated[str, Field(examples=["sub_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    channel: Annotated[str, Field(description="Its name", examples=["ada"])]
    channel_id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    state: Annotated[
        str,
        Field(
            description="pending: waits for its first payment. active. cancelled: paid for until"
            " `paid_until`, then it ends. ended, refused, expired: over",
            examples=["active"],
        ),
    ]
    tier: Tier
    next_tier: Annotated[Tier | None, Field(description="From the renewal on; null for the same")]
    months: Annotated[int, Field(ge=0, description="Begun over all times")]
    streak: Annotated[int, Field(ge=0, description="Begun without a gap")]
    started_at: Annotated[Rfc3339 | None, Field(description="When it began, the last time")]
    paid_until: Rfc3339 | None
    payment: Annotated[Payment | None, Field(description="The one that waits to be settled")]


class ListedSubscription(Subscription):
    channel_display_name: DisplayName
    avatar_url: AvatarUrl


class Subscriptions(Shape):
    subscriptions: Annotated[list[ListedSubscription], Field(description="Asked for last first")]
    next_cursor: NextCursor


class Supporter(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["grace"])]
    display_name: DisplayName
    avatar_url: AvatarUrl
    tier: Tier
    state: Annotated[str, Field(description="active or cancelled", examples=["active"])]
    months: Annotated[int, Field(ge=0)]
    streak: Annotated[int, Field(ge=0)]
    started_at: Rfc3339 | None
    paid_until: Rfc3339 | None


class Supporters(Shape):
    supporters: Annotated[list[Supporter], Field(description="Begun last first")]
    next_cursor: NextCursor


class ChannelPayment(Payment):
    tier_name: Annotated[str, Field(examples=["Gold"])]
    account: Annotated[str | None, Field(description="Whose; null once it was erased", examples=["grace"])]
    display_name: Annotated[
        str | None, Field(description="The name as its owner writes it", examples=["Grace"])
    ]
    avatar_url: AvatarUrl


class Payments(Shape):
    payments: Annotated[list[ChannelPayment], Field(description="Newest first")]
    next_cursor: NextCursor


def money_from(money: Money) -> MoneyResult:
    return MoneyResult(money.amount, money.currency)


def benefits_from(benefits: list[Benefit]) -> list[BenefitResult]:
    return [
        BenefitResult(
            BenefitKind(benefit.kind),
            months=tuple(benefit.months) if isinstance(benefit, BadgeBenefit) else (),
            slots=benefit.slots if isinstance(benefit, EmoteSlotsBenefit) else 0,
            text=benefit.text if isinstance(benefit, CustomBenefit) else "",
        )
        for benefit in benefits
    ]


def tier_shape(tier: SubscriptionTier) -> Tier:
    return Tier(
        id=str(tier.id),
        name=tier.name,
        price=_money(tier.price),
        benefits=[_benefit(benefit) for benefit in tier.benefits],
        is_offered=tier.is_offered,
    )


def payment_shape(payment: PaymentResult) -> Payment:
    return Payment(
        id=str(payment.id),
        kind=payment.kind.value,
        state=payment.state.value,
        tier_id=str(payment.tier_id),
        amount=_money(payment.amount),
        months=payment.months,
        provider=payment.provider,
        reference=payment.reference,
        created_at=payment.created_at,
        due_at=payment.due_at,
        settled_at=payment.settled_at,
    )


def channel_payment_shape(view: PaymentView) -> ChannelPayment:
    return ChannelPayment(
        **payment_shape(view.payment).model_dump(),
        tier_name=view.tier.name,
        account=None if view.person is None else view.person.name.value,
        display_name=None if view.person is None else view.person.shown_name,
        avatar_url=None if view.person is None else image_url(view.person.avatar),
    )


def subscription_shape(view: SubscriptionView) -> Subscription:
    subscription = view.subscription
    return Subscription(
        id=str(subscription.id),
        channel=view.channel.name.value,
        channel_id=str(view.channel.id),
        state=subscription.state.value,
        tier=tier_shape(view.tier),
        next_tier=None if view.next_tier is None else tier_shape(view.next_tier),
        months=view.months,
        streak=view.streak,
        started_at=None if subscription.run is None else subscription.run.started_at,
        paid_until=subscription.paid_until,
        payment=None if subscription.pending is None else payment_shape(subscription.pending),
    )


def listed_subscription_shape(view: SubscriptionView, owner: PersonCard | None) -> ListedSubscription:
    name = view.channel.name.value
    return ListedSubscription(
        **subscription_shape(view).model_dump(),
        channel_display_name=name if owner is None else owner.written(name),
        avatar_url=None if owner is None else image_url(owner.avatar),
    )


def supporter_shape(view: SupporterView) -> Supporter:
    subscription = view.subscription
    return Supporter(
        id=str(subscription.account_id),
        name=view.person.name.value,
        display_name=view.person.shown_name,
        avatar_url=image_url(view.person.avatar),
        tier=tier_shape(view.tier),
        state=subscription.state.value,
        months=view.months,
        streak=view.streak,
        started_at=None if subscription.run is None else subscription.run.started_at,
        paid_until=subscription.paid_until,
    )


def _money(money: MoneyResult) -> Money:
    return Money(amount=money.amount, currency=money.currency)


def _benefit(benefit: BenefitResult) -> Benefit:
    match benefit.kind:
        case BenefitKind.BADGE:
            return BadgeBenefit(kind="badge", months=list(benefit.months))
        case BenefitKind.EMOTE_SLOTS:
            return EmoteSlotsBenefit(kind="emote_slots", slots=benefit.slots)
        case BenefitKind.MEMBERS_ONLY_CHAT:
            return MembersOnlyChatBenefit(kind="members_only_chat")
        case BenefitKind.MEMBERS_ONLY_BROADCASTS:
            return MembersOnlyBroadcastsBenefit(kind="members_only_broadcasts")
        case BenefitKind.REPLAYS:
            return ReplaysBenefit(kind="replays")
        case BenefitKind.CUSTOM:
            return CustomBenefit(kind="custom", text=benefit.text)
