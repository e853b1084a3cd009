"""Channels."""

from __future__ import annotations

from cpc.kernel.errors import Conflict, Invalid, Moved, NotFound, PreconditionFailed
from livehouse.web.problem_types.problem_type import ProblemType

CHANNEL = (
    ProblemType(
        "no-such-channel",
        NotFound,
        "No channel has that name.",
        "Check the name; a channel can be renamed or deleted.",
    ),
    ProblemType(
        "channel-renamed",
        Moved,
        "The channel has another name now.",
        "Follow `Location`, and use the new name from now on: the old one leads there for 90 days.",
    ),
    ProblemType(
        "channel-exists",
        Conflict,
        "An account has one channel, and you have yours.",
        "Change it, or have it erased first.",
    ),
    ProblemType(
        "is-owner",
        Conflict,
        "The owner of a channel may everything there and takes no other role.",
        "Give the role to somebody else.",
    ),
    ProblemType(
        "person-blocked",
        Conflict,
        "The channel's owner has blocked this person.",
        "Take the block back first.",
    ),
    ProblemType(
        "too-many-roles",
        Conflict,
        "At most 500 people have a role on a channel.",
        "Take a role away that is not needed any more.",
    ),
    ProblemType(
        "no-role", NotFound, "This person has no role on the channel.", "Look who has: `GET …/roles`."
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
