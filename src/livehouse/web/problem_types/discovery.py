"""Categories and search."""

from __future__ import annotations

from cpc.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed
from livehouse.web.problem_types.problem_type import ProblemType

DISCOVERY = (
    ProblemType(
        "no-such-category",
        NotFound,
        "There is no category of that name or slug.",
        "Choose one of `GET /api/v1/categories`.",
    ),
    ProblemType(
        "category-taken",
        Conflict,
        "Another category has that name or that address, or had the address before.",
        "Choose another name, or merge the two.",
    ),
    ProblemType(
        "category-changed",
        PreconditionFailed,
        "The category was changed after you loaded it.",
        "Load it again, repeat your change, and send the new `ETag` as `If-Match`.",
    ),
    ProblemType(
        "categories-full", Conflict, "There are at most 5000 categories.", "Merge some that mean the same."
    ),
    ProblemType(
        "category-name-missing", Invalid, "A category has a name.", "Send one of 1 to 50 characters."
    ),
    ProblemType("category-too-long", Invalid, "The name is too long.", "Shorten it to 50 characters."),
    ProblemType(
        "merged-into-itself",
        Invalid,
        "A category cannot be merged into itself.",
        "Name another one in `into`.",
    ),
    ProblemType("search-empty", Invalid, "There is nothing to look for.", "Send a word or part of a name."),
    ProblemType("search-too-long", Invalid, "The search is too long.", "Shorten it to 60 characters."),
)
