"""The prose of the OpenAPI document: conventions, tags, headers, parameters in paths."""

from __future__ import annotations

from typing import Any

DESCRIPTION = """\
Everything the page can do, a program can do here. All addresses begin with `/api/v1`; JSON in UTF-8 goes in
and out; times are RFC 3339 in UTC; ids have a prefix that says of what.

**Signing in.** A program makes a personal access token in the settings, or asks `POST /session` for one, and
sends `Authorization: Bearer <token>`. A page signs in by cookie and sends the header `X-CSRF-Token` with
everything that changes something.

**Problems** are RFC 9457 problem details. `type` is the address of a page that explains it and never changes:
decide by it, and show people `detail`. Each operation lists all it can answer.

**Lists** come a page at a time: send `next_cursor` as `cursor`, or follow the header `Link` with
`rel="next"`. What is in a cursor is nobody's business but ours and may change.

**Changing what others change too.** What has an `ETag` takes `If-Match`, and answers 412 when it has changed
meanwhile. `If-None-Match` saves sending again what has not.

**Trying again.** A `POST` takes an `Idempotency-Key`: the same request with the same key is carried out once,
and answered from what was kept of the first answer for 24 hours, with `Idempotency-Replayed: true`. Answers
that hold a secret are not kept: 409 `made-already` then tells that it was done, and `Location` what was made.

**Limits.** `RateLimit-Policy` and `RateLimit` tell what is allowed and what is left; 429 and 503 say in
`Retry-After` how long to wait.
"""

TAGS = {
    "server": "What this server is and where its other doors are",
    "accounts": "Signing up, in and out",
    "account": "One's own account: profile, mail, password, tokens, blocks, data",
    "channels": "What is live, channels and their settings",
    "streaming": "Stream keys and the running broadcast",
    "chat": "What was said in a channel's chat; talking is the chat socket's matter",
    "social": "Follows, paid subscriptions, supporters",
    "images": "Avatars and banners",
    "playback": "Tokens that open members-only broadcasts",
    "categories": "What broadcasts are about",
    "search": "Finding channels and categories",
    "schedule": "Planned broadcasts",
    "statistics": "How channels do",
    "administration": "For administrators: people, channels, suspensions, the audit log",
}

HEADERS: dict[str, Any] = {
    "RateLimit": {
        "description": "What is left: `r` requests; in `t` seconds the quota is whole again"
        " (draft-ietf-httpapi-ratelimit-headers)",
        "schema": {"type": "string", "examples": ['"address";r=297;t=1']},
    },
    "RateLimit-Policy": {
        "description": "What is allowed: a quota of `q` requests, filled again within `w` seconds",
        "schema": {"type": "string", "examples": ['"address";q=300;w=3']},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try",
        "schema": {"type": "string", "examples": ["2"]},
    },
    "WWW-Authenticate": {
        "description": "How to sign in (RFC 6750)",
        "schema": {"type": "string", "examples": ['Bearer realm="livehouse"']},
    },
    "Location": {
        "description": "Where the new thing is, or what was asked for is now",
        "schema": {"type": "string", "examples": ["/api/v1/channels/ada"]},
    },
    "ETag": {
        "description": "Of this state of it (RFC 9110 section 8.8.3)",
        "schema": {"type": "string", "examples": ['"3-9e83a1c0"']},
    },
    "Link": {
        "description": 'The next page, as `rel="next"` (RFC 8288)',
        "schema": {"type": "string", "examples": ['</api/v1/channels?cursor=WyJ>; rel="next"']},
    },
}

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "New for each thing to be done, the same when trying again; at best a UUID in quotes"
    " (draft-ietf-httpapi-idempotency-key-header)",
    "schema": {"type": "string", "maxLength": 257, "examples": ['"8e03978e-40d5-43dd-bc93-6894a57f9324"']},
}

_NAMED_BY: dict[str, tuple[str, str]] = {
    "channels": ("Name of the channel", "ada"),
    "people": ("Name of the person", "ada"),
    "accounts": ("Name of the account", "ada"),
    "blocks": ("Name of the person", "mallory"),
    "roles": ("Name of the account", "grace"),
}


def path_parameter(path: str, name: str) -> dict[str, Any]:
    """Description and example of `{name}` in a path, by what stands before it."""
    before = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    if before in _NAMED_BY:
        text, example = _NAMED_BY[before]
        return {"description": text, "example": example}
    return {"description": f"Which of the {before.replace('-', ' ')}, as their list names it"}
