"""What channels offer their supporters, who takes it, and the payments between them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from livehouse.social.application import PaymentState
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.subscription_shapes import (
    Grant,
    NewTier,
    Payment,
    Payments,
    Subscription,
    Subscriptions,
    Supporters,
    Tier,
    TierChange,
    Tiers,
    WantedTier,
    benefits_from,
    channel_payment_shape,
    listed_subscription_shape,
    money_from,
    payment_shape,
    subscription_shape,
    supporter_shape,
    tier_shape,
)

_TIER_PROBLEMS = (
    "tier-name-taken",
    "other-currency",
    "malformed-tier-name",
    "malformed-benefit",
    "amount-range",
    "price-range",
    "unknown-currency",
)

router = APIRouter(prefix="/api/v1", tags=["social"], route_class=PlainRoute)


@router.get("/channels/{name}/tiers")
async def list_tiers(name: str, actor: CurrentActor, cases: Cases) -> Tiers:
    """What the channel offers its supporters."""
    return Tiers(tiers=[tier_shape(tier) for tier in await cases.social.list_tiers(actor, name)])


@router.post(
    "/channels/{name}/tiers", status_code=201, openapi_extra=may_answer("too-many-tiers", *_TIER_PROBLEMS)
)
async def create_tier(
    name: str, body: NewTier, response: Response, actor: CurrentActor, cases: Cases
) -> Tier:
    """Offer a tier; a channel has at most five, of one currency. For the owner."""
    tier = await cases.social.create_tier(
        actor, name, name=body.name, price=money_from(body.price), benefits=benefits_from(body.benefits)
    )
    response.headers["Location"] = f"/api/v1/channels/{name}/tiers/{tier.id}"
    return tier_shape(tier)


@router.patch("/channels/{name}/tiers/{tier_id}", openapi_extra=may_answer("no-such-tier", *_TIER_PROBLEMS))
async def change_tier(name: str, tier_id: str, body: TierChange, actor: CurrentActor, cases: Cases) -> Tier:
    """Change a tier; a new price counts from each supporter's next payment on. For the owner."""
    tier = await cases.social.change_tier(
        actor,
        name,
        tier_id,
        name=body.name,
        price=None if body.price is None else money_from(body.price),
        benefits=None if body.benefits is None else benefits_from(body.benefits),
    )
    return tier_shape(tier)


@router.delete("/channels/{name}/tiers/{tier_id}", status_code=204, openapi_extra=may_answer("no-such-tier"))
async def withdraw_tier(name: str, tier_id: str, actor: CurrentActor, cases: Cases) -> None:
    """Offer a tier no longer. Who has it keeps it to the end of what is paid for. For the owner."""
    await cases.social.withdraw_tier(actor, name, tier_id)


@router.post(
    "/channels/{name}/subscription",
    openapi_extra=may_answer(
        "malformed-id",
        "no-such-tier",
        "own-channel",
        "support-refused",
        "payment-pending",
        "already-subscribed",
        "too-many-pending",
    ),
)
async def take_tier(name: str, body: WantedTier, actor: CurrentActor, cases: Cases) -> Subscription:
    """Ask for a tier: `payment` says what to pay. Asking again for the same is as once; a cancelled
    subscription goes on."""
    return subscription_shape(await cases.social.take_tier(actor, name, body.tier_id))


@router.patch(
    "/channels/{name}/subscription",
    openapi_extra=may_answer(
        "malformed-id",
        "no-such-tier",
        "no-subscription",
        "support-refused",
        "subscription-cancelled",
    ),
)
async def change_subscription(name: str, body: WantedTier, actor: CurrentActor, cases: Cases) -> Subscription:
    """Change to another tier: a dearer one counts once the difference is paid, a cheaper one from the renewal
    on."""
    return subscription_shape(await cases.social.change_subscription(actor, name, body.tier_id))


@router.delete("/channels/{name}/subscription", openapi_extra=may_answer("no-subscription"))
async def cancel_subscription(name: str, actor: CurrentActor, cases: Cases) -> Subscription:
    """Cancel at the end of what is paid for. Twice is as once."""
    return subscription_shape(await cases.social.cancel_subscription(actor, name))


@router.get("/me/subscriptions")
async def list_subscriptions(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Subscriptions:
    """One's own subscriptions, also those that ended."""
    page = await cases.social.list_subscriptions(actor, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return Subscriptions(
        subscriptions=[listed_subscription_shape(view, owner) for view, owner in page.subscriptions],
        next_cursor=page.next_cursor,
    )


@router.get("/channels/{name}/supporters")
async def list_supporters(
    name: str,
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Supporters:
    """Who supports the channel now. For the owner, editors and administrators."""
    page = await cases.social.list_supporters(actor, name, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return Supporters(
        supporters=[supporter_shape(view) for view in page.supporters], next_cursor=page.next_cursor
    )


@router.post(
    "/channels/{name}/supporters",
    status_code=201,
    openapi_extra=may_answer(
        "malformed-id",
        "no-such-tier",
        "no-such-account",
        "months-range",
        "own-channel",
        "person-blocked",
        "other-tier",
        "too-many-months",
    ),
)
async def grant_subscription(
    name: str, body: Grant, response: Response, actor: CurrentActor, cases: Cases
) -> Subscription:
    """Give somebody months of a tier. Each time anew. For the owner and administrators."""
    view = await cases.social.grant_subscription(actor, name, body.account, body.tier_id, body.months)
    response.headers["Location"] = f"/api/v1/channels/{name}/supporters/{body.account.lower()}"
    return subscription_shape(view)


@router.delete(
    "/channels/{name}/supporters/{account}",
    status_code=204,
    openapi_extra=may_answer("no-such-account", "no-subscription"),
)
async def remove_supporter(name: str, account: str, actor: CurrentActor, cases: Cases) -> None:
    """End somebody's subscription at once, or take granted months back. Money is given back by hand. For the
    owner and administrators."""
    await cases.social.remove_supporter(actor, name, account)


@router.get("/channels/{name}/payments")
async def list_payments(
    name: str,
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    state: Annotated[PaymentState | None, Query(description="Only those in this state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Payments:
    """The payments of supporters. For the owner and administrators."""
    page = await cases.social.list_payments(actor, name, state=state, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return Payments(
        payments=[channel_payment_shape(view) for view in page.payments], next_cursor=page.next_cursor
    )


@router.post(
    "/channels/{name}/payments/{payment_id}/confirm",
    openapi_extra=may_answer("no-such-payment", "payment-settled", "settled-by-provider"),
)
async def confirm_payment(name: str, payment_id: str, actor: CurrentActor, cases: Cases) -> Payment:
    """Say that a payment came in. Twice is as once. For the owner and administrators."""
    return payment_shape(await cases.social.confirm_payment(actor, name, payment_id))


@router.post(
    "/channels/{name}/payments/{payment_id}/refuse",
    openapi_extra=may_answer("no-such-payment", "payment-settled", "settled-by-provider"),
)
async def refuse_payment(name: str, payment_id: str, actor: CurrentActor, cases: Cases) -> Payment:
    """Say that a payment did not come in. Twice is as once. For the owner and administrators."""
    return payment_shape(await cases.social.refuse_payment(actor, name, payment_id))
