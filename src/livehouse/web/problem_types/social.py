"""Follows and paid subscriptions."""

from __future__ import annotations

from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from livehouse.web.problem_types.problem_type import ProblemType

SOCIAL = (
    ProblemType(
        "own-channel",
        Conflict,
        "The channel is your own; nobody follows or pays themselves.",
        "Choose another channel.",
    ),
    ProblemType(
        "follow-refused",
        Forbidden,
        "The channel's owner does not want you as a follower.",
        "The channel can be watched all the same.",
    ),
    ProblemType(
        "support-refused",
        Forbidden,
        "The channel's owner does not want you as a supporter.",
        "What you have paid for stays to its end, and can be cancelled.",
    ),
    ProblemType(
        "too-many-follows",
        Conflict,
        "One account follows at most 2,000 channels at once.",
        "Leave some channels first.",
    ),
    ProblemType(
        "follow-rate",
        RateLimited,
        "At most 200 new follows an hour; those taken back count too.",
        "Wait for `retry_after_s`.",
    ),
    ProblemType(
        "no-such-tier",
        NotFound,
        "The channel offers no such tier; it may have been withdrawn.",
        "Read the channel's tiers again.",
    ),
    ProblemType("too-many-tiers", Conflict, "A channel has at most 5 tiers.", "Withdraw one first."),
    ProblemType("tier-name-taken", Conflict, "The channel has a tier of that name.", "Choose another name."),
    ProblemType(
        "other-currency",
        Conflict,
        "All tiers of a channel have one currency, so that they can be told dearer and cheaper.",
        "Use the currency of the others, or withdraw them first.",
    ),
    ProblemType(
        "malformed-tier-name", Invalid, "A tier's name is one line of 1 to 40 characters.", "Shorten it."
    ),
    ProblemType(
        "malformed-benefit",
        Invalid,
        "A benefit is not as it should be; `detail` says what is wrong.",
        "Correct it.",
    ),
    ProblemType(
        "amount-range",
        Invalid,
        "An amount is an integer of the currency's smallest unit, not below 0 and not beyond all measure.",
        "Send cents, not euros.",
    ),
    ProblemType(
        "price-range",
        Invalid,
        "A month of a tier costs 0 to 100,000,000 of the currency's smallest unit.",
        "Choose a lower price.",
    ),
    ProblemType(
        "unknown-currency",
        Invalid,
        "There is no such currency in ISO 4217.",
        "Send its code in capitals, such as `EUR`, `USD` or `JPY`.",
    ),
    ProblemType(
        "no-subscription",
        NotFound,
        "You have no subscription to the channel that runs or waits.",
        "Take a tier first.",
    ),
    ProblemType(
        "already-subscribed",
        Conflict,
        "You have another tier of this channel.",
        "Change the tier with `PATCH`.",
    ),
    ProblemType(
        "payment-pending",
        Conflict,
        "You asked for another tier of this channel, and its payment waits.",
        "Change the tier with `PATCH`, or cancel.",
    ),
    ProblemType(
        "subscription-cancelled",
        Conflict,
        "The subscription is cancelled and ends with what is paid for.",
        "Take the same tier again, so that it goes on; then change it.",
    ),
    ProblemType(
        "too-many-pending",
        Conflict,
        "Too many of your first payments wait to be settled: 50.",
        "Cancel some, or wait until they are settled or expire.",
    ),
    ProblemType("no-such-payment", NotFound, "The channel has no such payment.", "Read its payments again."),
    ProblemType(
        "payment-settled",
        Conflict,
        "The payment was settled otherwise, withdrawn, or came too late; `detail` says which.",
        "Grant the months instead, should the money have come.",
    ),
    ProblemType(
        "settled-by-provider",
        Conflict,
        "The provider of payments says itself what came in.",
        "Wait for it.",
    ),
    ProblemType("months-range", Invalid, "One grants 1 to 36 months at once.", "Grant fewer."),
    ProblemType(
        "too-many-months", Conflict, "A subscription is paid for 120 months ahead at most.", "Grant fewer."
    ),
    ProblemType(
        "other-tier",
        Conflict,
        "They have another tier of this channel.",
        "Grant months of that tier.",
    ),
)
