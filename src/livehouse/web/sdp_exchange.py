"""What WHIP and WHEP share: offers and fragments over HTTP, their preconditions, CORS and ICE servers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message

from starlette.requests import Request
from starlette.responses import Response

from cpc.kernel.errors import Conflict, DomainError, Invalid
from livehouse.streaming.application.open_ingest import OpenedSession
from livehouse.streaming.application.ports import SessionPatch
from livehouse.web.metrics import ROUTE_TEMPLATE
from livehouse.web.options import IceServer, WebOptions
from livehouse.web.preconditions import entity_tags
from livehouse.web.problems import domain_problem, problem
from livehouse.web.use_cases import UseCases

SDP = "application/sdp"
SDP_FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_SDP_BYTES = 64 * 1024
RETRY_NOT_LIVE_S = 2
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

Handler = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """An answer other than what was asked for, ready to send."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True, slots=True)
class Resource:
    """One URL with its methods; anything else is answered 405. `headers` go with every answer to OPTIONS."""

    path: str
    handlers: Mapping[str, Handler]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        return ", ".join(sorted({*self.handlers, "OPTIONS"}))

    async def __call__(self, request: Request) -> Response:
        request.scope[ROUTE_TEMPLATE] = self.path
        handler = self.handlers.get(request.method)
        try:
            if request.method == "OPTIONS":
                response = self._options()
            elif handler is None:
                detail = f"This address takes {self.allow}."
                response = problem(
                    405, "method-not-allowed", detail, request.url.path, headers={"Allow": self.allow}
                )
            else:
                response = await handler(request)
        except Refusal as refusal:
            response = refusal.response
        except DomainError as error:
            response = _domain_refusal(error, request)
        return response

    def _options(self) -> Response:
        # RFC 9725 section 4.2: 200 with Accept-Post. Never ICE servers: a preflight carries no credentials,
        # so whoever asks would be told those of the TURN server (section 4.6).
        return Response(
            status_code=200,
            headers={
                "Allow": self.allow,
                "Access-Control-Allow-Methods": self.allow,
                "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, Accept, Link",
                "Access-Control-Max-Age": "86400",
                **self.headers,
            },
        )


def use_cases_of(request: Request) -> UseCases:
    use_cases: UseCases = request.app.state.use_cases
    return use_cases


def bearer_token(request: Request) -> str | None:
    """RFC 6750 section 2.1; None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def require_accept(request: Request) -> None:
    """Raises `Refusal` 406 when the header leaves SDP out (RFC 9110 section 12.5.1)."""
    if not _accepts(request.headers.get("accept"), SDP):
        detail = f"The answer is {SDP}, which the header Accept leaves out."
        raise Refusal(problem(406, "not-acceptable", detail, request.url.path))


async def read_offer(request: Request) -> str:
    """Raises `Refusal` 413, 415; `Invalid`."""
    return await _read(request, SDP, "Accept-Post")


async def read_fragment(request: Request) -> str:
    """Raises `Refusal` 413, 415; `Invalid`."""
    return await _read(request, SDP_FRAGMENT, "Accept-Patch")


async def _read(request: Request, media_type: str, accept_header: str) -> str:
    path = request.url.path
    if _media_type(request.headers.get("content-type")) != media_type:
        detail = f"Send {media_type} and say so in Content-Type."
        raise Refusal(
            problem(415, "unsupported-media-type", detail, path, headers={accept_header: media_type})
        )
    detail = f"At most {MAX_SDP_BYTES // 1024} KiB are taken here."
    too_large = Refusal(problem(413, "too-large", detail, path))
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MAX_SDP_BYTES:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SDP_BYTES:
            raise too_large
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Invalid("malformed-sdp", "The body is no UTF-8 text, so it is no SDP.") from None
    if not text.strip():
        raise Invalid("malformed-sdp", "The body is empty; send SDP.")
    return text


def if_match(request: Request) -> list[str]:
    """Strong entity-tags, or `*`. Weak ones never match (RFC 9110 section 13.1.1), so they turn into none
    known.

    The examples of RFC 9725 write the star with quotes; both forms count.
    """
    header = request.headers.get("if-match", "").strip()
    if not header:
        return []
    if header in ("*", '"*"'):
        return ["*"]
    strong = [tag.opaque for tag in entity_tags(header) if not tag.is_weak]
    return [tag for tag in strong if tag != '"*"'] or ['""']


def created(request: Request, opened: OpenedSession, sessions_path: str) -> Response:
    """201 with Location, ETag and ICE servers (RFC 9725 sections 4.2, 4.3.1 and 4.6)."""
    options: WebOptions = request.app.state.options
    response = Response(
        opened.answer.sdp,
        201,
        {
            "Location": f"{sessions_path}/{opened.address}",
            "ETag": opened.answer.etag,
            "Cache-Control": "no-store",
            "Accept-Patch": SDP_FRAGMENT,
        },
    )
    # Not by media_type: Starlette would add a charset, which this type does not define.
    response.headers["Content-Type"] = SDP
    for server in options.ice_servers:
        response.headers.append("Link", _ice_server_link(server))
    return response


def patched(patch: SessionPatch) -> Response:
    """204 without ETag for candidates, 200 with the new one for an ICE restart (RFC 9725 sections 4.3.2 and
    4.3.3)."""
    if patch.sdpfrag is None or patch.etag is None:
        return Response(status_code=204)
    response = Response(patch.sdpfrag, 200, {"ETag": patch.etag, "Cache-Control": "no-store"})
    response.headers["Content-Type"] = SDP_FRAGMENT
    return response


def _domain_refusal(error: DomainError, request: Request) -> Response:
    response = domain_problem(error, request.url.path, request.url.query)
    if isinstance(error, Conflict) and error.slug == "not-live":
        response.headers["Retry-After"] = str(RETRY_NOT_LIVE_S)
    if response.status_code == 401 and bearer_token(request) is not None:
        # RFC 6750 section 3
        response.headers["WWW-Authenticate"] = 'Bearer realm="livehouse", error="invalid_token"'
    return response


def _media_type(header: str | None) -> str:
    message = Message()
    message["Content-Type"] = header or "none/none"
    return message.get_content_type()


def _accepts(header: str | None, media_type: str) -> bool:
    """RFC 9110 section 12.5.1, as far as it matters for one type: named, its kind or anything, and not at
    q=0."""
    if header is None or not header.strip():
        return True
    kind = media_type.partition("/")[0]
    quality: dict[str, bool] = {}
    for part in header.split(","):
        name, *parameters = [piece.strip().lower() for piece in part.split(";")]
        refused = any(re.fullmatch(r"q=0(\.0{0,3})?", parameter) for parameter in parameters)
        quality[name] = not refused
    for name in (media_type, f"{kind}/*", "*/*"):
        if name in quality:
            return quality[name]
    return False


def _ice_server_link(server: IceServer) -> str:
    link = f'<{server.url}>; rel="ice-server"'
    if server.username is not None and server.credential is not None:
        link += f"; username={_quoted(server.username)}; credential={_quoted(server.credential)}"
        link += '; credential-type="password"'
    return link


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
