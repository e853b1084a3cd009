"""Follows and paid subscriptions."""

from __future__ import annotations

from cpc.kernel.errors import Conflict, Forbidden, RateLimited
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
)
