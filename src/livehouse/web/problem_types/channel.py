"""Channels."""

from __future__ import annotations

from cpc.kernel.errors import Invalid, NotFound, PreconditionFailed
from livehouse.web.problem_types.problem_type import ProblemType

CHANNEL = (
    ProblemType(
        "no-such-channel",
        NotFound,
        "No channel has that name.",
        "Check the name; a channel can be renamed or deleted.",
    ),
    ProblemType(
        "channel-changed",
        PreconditionFailed,
        "The channel was changed after you loaded it.",
        "Load it again, repeat your change, and send the new `ETag` as `If-Match`.",
    ),
    ProblemType("title-too-long", Invalid, "The title is too long.", "Shorten it to 140 characters."),
    ProblemType("too-many-tags", Invalid, "A channel has at most 10 tags.", "Leave some out."),
    ProblemType(
        "malformed-tag",
        Invalid,
        "A tag is one word of at most 25 letters and digits.",
        "Take out spaces and signs.",
    ),
    ProblemType(
        "malformed-language",
        Invalid,
        "A language is the first part of a tag of RFC 5646.",
        "Send two or three letters, such as `en`, `de` or `yue`; empty for none.",
    ),
    ProblemType(
        "malformed-ladder",
        Invalid,
        "A ladder names heights that can be made, and not too many.",
        "Choose among those that `detail` names; none for an automatic ladder.",
    ),
    ProblemType(
        "slow-mode-range",
        Invalid,
        "Slow mode waits 0 to 1800 seconds between two messages of one person.",
        "Send a number in that range; 0 turns it off.",
    ),
    ProblemType(
        "followers-only-range",
        Invalid,
        "Followers-only mode asks for up to 90 days of following, in minutes.",
        "Send a number in that range; null turns it off.",
    ),
)
