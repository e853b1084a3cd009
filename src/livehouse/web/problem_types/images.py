"""Avatars, banners and other images."""

from __future__ import annotations

from cpc.kernel.errors import NotFound, RateLimited, Unavailable, Unprocessable
from livehouse.web.problem_types.problem_type import ProblemType

IMAGES = (
    ProblemType(
        "not-an-image",
        Unprocessable,
        "The file begins like no image, whatever its name and `Content-Type` say.",
        "Send a PNG, JPEG, WebP, AVIF or GIF, as the whole body of the request.",
    ),
    ProblemType(
        "image-type-not-taken",
        Unprocessable,
        "The file is an image of a kind that is not taken, such as SVG or HEIC.",
        "Save it as PNG, JPEG, WebP, AVIF or GIF.",
    ),
    ProblemType(
        "image-too-large",
        Unprocessable,
        "The image has more than 10 MiB or 40 million pixels.",
        "Make it smaller.",
    ),
    ProblemType(
        "image-damaged",
        Unprocessable,
        "The image begins well and cannot be read to its end.",
        "Send it again, or save it anew.",
    ),
    ProblemType(
        "image-too-complex",
        Unprocessable,
        "Reading the image takes more time than an image should.",
        "Save it anew with another program, or send another one.",
    ),
    ProblemType(
        "image-in-progress",
        RateLimited,
        "Your last upload is still being worked on; there is one at a time.",
        "Wait until it is answered.",
    ),
    ProblemType(
        "too-many-images",
        RateLimited,
        "You sent 30 avatars within 15 minutes.",
        "Wait as long as `Retry-After` says.",
    ),
    ProblemType("images-busy", Unavailable, "Many uploads wait already.", "Try again in some seconds."),
    ProblemType(
        "images-away",
        Unavailable,
        "The store of images does not answer.",
        "Try again; the operator looks at the store that `media_store_url` names.",
    ),
    ProblemType(
        "no-such-image",
        NotFound,
        "There is no image at this address, or no more.",
        "Ask for the channel or the person again: their answer names the present one.",
    ),
)
