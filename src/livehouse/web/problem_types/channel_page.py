"""What a channel says of itself, and its schedule."""

from __future__ import annotations

from cpc.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable
from livehouse.web.problem_types.problem_type import ProblemType

CHANNEL_PAGE = (
    ProblemType(
        "about-changed",
        PreconditionFailed,
        "What the channel says of itself was changed after you loaded it.",
        "Load it again, repeat your change, and send the new `ETag` as `If-Match`.",
    ),
    ProblemType(
        "description-too-long", Invalid, "The description is too long.", "Shorten it to 5000 characters."
    ),
    ProblemType(
        "panel-text-too-long", Invalid, "The text of a panel is too long.", "Shorten it to 2500 characters."
    ),
    ProblemType(
        "panel-title-too-long", Invalid, "The title of a panel is too long.", "Shorten it to 60 characters."
    ),
    ProblemType(
        "panel-image-alt-too-long",
        Invalid,
        "The words for a panel's picture are too long.",
        "Shorten them to 200 characters.",
    ),
    ProblemType(
        "panel-empty", Invalid, "A panel has neither title nor text nor picture.", "Fill it or leave it out."
    ),
    ProblemType("too-many-panels", Invalid, "A channel has at most 12 panels.", "Leave some out."),
    ProblemType(
        "text-too-complex",
        Invalid,
        "The Markdown takes more work, or makes more HTML, than a text should.",
        "Write it more simply: fewer brackets, and fewer lists and quotations within each other.",
    ),
    ProblemType("texts-busy", Unavailable, "Many texts wait already.", "Try again in some seconds."),
    ProblemType(
        "malformed-link",
        Invalid,
        "A link is a whole address of a page.",
        "Send one that begins with `https://` or `http://`, has at most 500 characters and no user name.",
    ),
    ProblemType(
        "foreign-image",
        Invalid,
        "Pictures are shown from this node only, as others would tell their host who looks.",
        "Upload the picture here and send its path, such as `/images/<name>.webp`.",
    ),
    ProblemType(
        "show-changed",
        PreconditionFailed,
        "The show was changed after you loaded it.",
        "Load the schedule again, repeat your change, and send the new `etag` of the show as `If-Match`.",
    ),
    ProblemType(
        "no-such-show",
        NotFound,
        "The schedule has no such show.",
        "Load the schedule again; the show may have been removed.",
    ),
    ProblemType(
        "schedule-full", Conflict, "A schedule has at most 50 shows.", "Remove one that is over, then add it."
    ),
    ProblemType(
        "title-missing",
        Invalid,
        "A channel and a show have a title, of characters that one can see.",
        "Send one of 1 to 140 characters.",
    ),
    ProblemType(
        "no-such-time-zone",
        Invalid,
        "Time zones have the names of the IANA database.",
        "Send one of them, such as `Europe/Paris`.",
    ),
    ProblemType(
        "malformed-start",
        Invalid,
        "A show starts at a whole minute of local time, from 2000 to 2099.",
        "Send such a time without an offset, and the time zone beside it.",
    ),
    ProblemType(
        "malformed-duration",
        Invalid,
        "A show lasts from 5 minutes to 72 hours.",
        "Send a length in that range.",
    ),
    ProblemType(
        "malformed-repetition",
        Invalid,
        "A last day is for shows that repeat, and not before the first show.",
        "Send `repeats_on` with it, and a later day.",
    ),
    ProblemType(
        "not-on-that-day",
        Invalid,
        "A cancelled day is not one on which the show would take place.",
        "Send days as `occurrences` names them.",
    ),
    ProblemType(
        "too-many-cancellations",
        Invalid,
        "At most 200 days of a show can be cancelled.",
        "Leave out those long past.",
    ),
    ProblemType(
        "malformed-vacation",
        Invalid,
        "A vacation ends after it begins and at most half a year later, from 2000 to 2099.",
        "Send such a span.",
    ),
    ProblemType(
        "window-too-long", Invalid, "A schedule is worked out for 62 days at most.", "Ask for fewer days."
    ),
    ProblemType(
        "window-outside-years",
        Invalid,
        "Shows are in the years 2000 to 2099, and `since` is not.",
        "Ask for days of those years.",
    ),
)
