"""WHIP (RFC 9725): encoders send media. `POST /whip` with the stream key as bearer token."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cpc.kernel.errors import Invalid, Unauthenticated
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
    require_accept,
    use_cases_of,
)

ENDPOINT_PATH = "/whip"
SESSIONS_PATH = "/whip/sessions"
SESSION_PATH = SESSIONS_PATH + "/{session}"


async def _open(request: Request) -> Response:
    stream_key = bearer_token(request)
    if stream_key is None:
        raise Unauthenticated(
            "stream-key-missing", "Send the stream key as bearer token: `Authorization: Bearer <stream key>`."
        )
    takeover = _takeover(request)
    require_accept(request)
    offer = await read_offer(request)
    opened = await use_cases_of(request).streaming.open_ingest(stream_key, offer, takeover=takeover)
    return created(request, opened, SESSIONS_PATH)


def _takeover(request: Request) -> bool:
    wish = request.query_params.get("takeover", "false").lower()
    if wish not in ("true", "1", "false", "0"):
        raise Invalid("malformed-takeover", "The parameter `takeover` is true or false.")
    return wish in ("true", "1")


async def _patch(request: Request) -> Response:
    fragment = await read_fragment(request)
    session = request.path_params["session"]
    patch = await use_cases_of(request).streaming.patch_session.ingest(
        session, bearer_token(request), fragment, if_match(request)
    )
    return patched(patch)


async def _close(request: Request) -> Response:
    session = request.path_params["session"]
    await use_cases_of(request).streaming.close_session.ingest(session, bearer_token(request))
    return Response(status_code=200)


async def _nothing_to_read(_request: Request) -> Response:
    return Response(status_code=204)  # RFC 9725 section 4.1: 2xx without content, there is no representation


_endpoint = Resource(
    ENDPOINT_PATH,
    {"GET": _nothing_to_read, "HEAD": _nothing_to_read, "POST": _open},
    {"Accept-Post": SDP},
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
router.add_route(ENDPOINT_PATH, endpoint, methods=list(METHODS), include_in_schema=False)
router.add_route(SESSION_PATH, session, methods=list(METHODS), include_in_schema=False)
