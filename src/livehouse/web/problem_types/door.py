"""What every request can meet, whatever it asks for."""

from __future__ import annotations

from cpc.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    RateLimited,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from livehouse.web.problem_types.problem_type import ProblemType

DOOR = (
    ProblemType(
        "invalid-request",
        Invalid,
        "The request does not have the form that the document describes; `errors` names the fields.",
        "Correct them. Unknown fields are refused too.",
    ),
    ProblemType(
        "malformed-cursor",
        Invalid,
        "The cursor is not one that this list gave.",
        "Start again without it, and send cursors as they come.",
    ),
    ProblemType(
        "malformed-id",
        Invalid,
        "That is no id of this kind: it has a prefix of letters, an underscore and 32 hexadecimal digits.",
        "Send ids as they come.",
    ),
    ProblemType(
        "malformed-if-match",
        Invalid,
        "`If-Match` holds no entity tag (RFC 9110 section 13.1.1).",
        "Send the `ETag` as it came, with its quotes.",
    ),
    ProblemType(
        "unknown-authorization",
        Unauthenticated,
        "The header `Authorization` is of a kind that is not known here.",
        "Send `Authorization: Bearer` and an access token, or leave it out.",
    ),
    ProblemType(
        "csrf-token-missing",
        Forbidden,
        "A request by cookie that changes something must prove that our own page sent it.",
        "Send `csrf_token` of the session as header `X-CSRF-Token`, or use a bearer token.",
    ),
    ProblemType(
        "csrf-token-wrong",
        Forbidden,
        "The CSRF token belongs to another login.",
        "Load the session again and send its `csrf_token`.",
    ),
    ProblemType(
        "malformed-idempotency-key",
        Invalid,
        "`Idempotency-Key` is a text in quotes of 1 to 255 printable ASCII characters.",
        "Send a new UUID in quotes for each thing to be done.",
    ),
    ProblemType(
        "idempotency-key-reused",
        Unprocessable,
        "The `Idempotency-Key` came with another request before.",
        "Make a new key for each thing to be done; keep it only when sending the same request again.",
    ),
    ProblemType(
        "request-in-progress",
        Conflict,
        "The very same request, with the same `Idempotency-Key`, is being carried out.",
        "Ask again after `Retry-After`. If the server died over it, a minute passes before it is tried anew.",
    ),
    ProblemType(
        "made-already",
        Conflict,
        "The request was carried out before. Its answer held a secret, which is shown once, or was too long.",
        "`Location` names what was made. Where the secret is lost, take it back and make a new one.",
    ),
    ProblemType("not-found", 404, "There is nothing at this address.", "Check the address and its version."),
    ProblemType(
        "method-not-allowed",
        405,
        "The address does not take that method.",
        "The header `Allow` names those it takes.",
    ),
    ProblemType(
        "not-acceptable",
        406,
        "The header `Accept` leaves out the only form in which the answer comes.",
        "Accept it, or leave the header out.",
    ),
    ProblemType(
        "too-slow", 408, "The body of the request did not come in time.", "Send it again, in one go."
    ),
    ProblemType("too-large", 413, "The request is larger than this server takes.", "Send less."),
    ProblemType(
        "unsupported-media-type",
        415,
        "The body is of a type that this address does not take.",
        "`Accept-Post`, `Accept-Patch` or `Accept` of the answer names the type: say it in `Content-Type`.",
    ),
    ProblemType(
        "too-many-requests",
        RateLimited,
        "Your address, or your account, asks more often than it may, which `RateLimit` shows, or for too much"
        " at once.",
        "Wait as long as `Retry-After` says.",
    ),
    ProblemType(
        "unexpected",
        500,
        "Something went wrong on our side. It was recorded under `incident`.",
        "Try again; if it stays, tell whoever runs the server the incident.",
    ),
    ProblemType(
        "not-ready",
        503,
        "A part that this server needs does not answer; `parts` says which.",
        "Ask again shortly.",
    ),
    ProblemType(
        "metrics-not-for-you",
        Forbidden,
        "Metrics are for whoever runs the server.",
        "Name the address that reads them in the setting `metrics_allowed_from`.",
    ),
    ProblemType(
        "database-away",
        Unavailable,
        "The database does not answer for the moment.",
        "Try again in a few seconds.",
    ),
    ProblemType("database-busy", Unavailable, "The database took too long.", "Try again in a moment."),
)
