"""WHEP (draft-ietf-wish-whep-03): players receive media. `POST /whep/{channel}`; no credentials needed, but
for channels of members only: a playback token, as bearer token or in the parameter `token`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cpc.kernel.errors import Unauthenticated
from livehouse.accounts.contract import ANONYMOUS, LOGIN_SESSION_COOKIE, Actor
from livehouse.streaming.application.playback_tokens import PREFIX
from livehouse.web.sdp_exchange import (
    METHODS,
    SDP,
    SDP_FRAGMENT,
    Resource,
    bearer_token,
    created,
    if_match,
    patched,
    read_fragment,
    read_offer,
    use_cases_of,
)

ENDPOINT_PATH = "/whep/{channel}"
SESSIONS_PATH = "/whep/sessions"
SESSION_PATH = SESSIONS_PATH + "/{session}"


async def _open(request: Request) -> Response:
    # Whatever the header Accept says: to a player, 406 means an offer of ours to answer (section 4.2.2), one
    # we may make and never do. RFC 9110 section 12.5.1 lets a server disregard the header.
    offer = await read_offer(request)
    actor = await _actor(request)
    opened = await use_cases_of(request).streaming.open_playback(
        actor, request.path_params["channel"], offer, _playback_token(request)
    )
    return created(request, opened, SESSIONS_PATH)


async def _actor(request: Request) -> Actor:
    """Who watches. A cookie without CSRF token will do: all it does is count a viewer as signed in."""
    resolve_actor = use_cases_of(request).accounts.resolve_actor
    token = bearer_token(request)
    if token is not None:
        return ANONYMOUS if token.startswith(PREFIX) else await resolve_actor(token)
    cookie = request.cookies.get(LOGIN_SESSION_COOKIE)
    if not cookie:
        return Actor()
    try:
        return await resolve_actor(cookie)
    except Unauthenticated:
        return Actor()


def _playback_token(request: Request) -> str | None:
    """The parameter is for players that cannot set headers. It takes nothing that opens more than media."""
    bearer = bearer_token(request)
    if bearer is not None and bearer.startswith(PREFIX):
        return bearer
    return request.query_params.get("token")


async def _patch(request: Request) -> Response:
    fragment = await read_fragment(request)
    session = request.path_params["session"]
    patch = await use_cases_of(request).streaming.patch_session.playback(
        ANONYMOUS, session, fragment, if_match(request)
    )
    return patched(patch)


async def _close(request: Request) -> Response:
    await use_cases_of(request).streaming.close_session.playback(ANONYMOUS, request.path_params["session"])
    return Response(status_code=200)


async def _describe(request: Request) -> Response:
    """No content; the type lets a player tell a WHEP URL from a page by HEAD."""
    actor = await _actor(request)
    await use_cases_of(request).channel.channel_by_name(actor, request.path_params["channel"])
    response = Response(status_code=200, headers={"Accept-Post": SDP, "Cache-Control": "no-store"})
    response.headers["Content-Type"] = SDP
    return response


async def _nothing_to_read(_request: Request) -> Response:
    return Response(status_code=204)


_endpoint = Resource(
    ENDPOINT_PATH, {"GET": _describe, "HEAD": _describe, "POST": _open}, {"Accept-Post": SDP}
)
_session = Resource(
    SESSION_PATH,
    {"GET": _nothing_to_read, "HEAD": _nothing_to_read, "PATCH": _patch, "DELETE": _close},
    {"Accept-Patch": SDP_FRAGMENT},
)


async def endpoint(request: Request) -> Response:
    return await _endpoint(request)


async def session(request: Request) -> Response:
    return await _session(request)


router = APIRouter()
router.add_route(SESSION_PATH, session, methods=list(METHODS), include_in_schema=False)
router.add_route(ENDPOINT_PATH, endpoint, methods=list(METHODS), include_in_schema=False)
