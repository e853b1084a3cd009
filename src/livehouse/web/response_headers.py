"""Headers that answers carry whichever layer gave them, and HEAD for everything that has GET."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livehouse.web.options import WebOptions


def content_security_policy(options: WebOptions) -> str:
    """Own files only; sockets and media also from this node's other doors."""
    chat = options.chat_url or f"ws://*:{options.chat_port} wss://*:{options.chat_port}"
    edge = options.edge_url or f"http://*:{options.edge_port} https://*:{options.edge_port}"
    directives = (
        "default-src 'self'",
        f"connect-src 'self' {chat} {edge}",
        f"media-src 'self' blob: {edge}",
        f"img-src 'self' data: blob: {edge}",
        "style-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return "; ".join(directives)


class SecurityHeaders:
    """ASGI layer; also answers what slipped through as an exception after its answer had begun."""

    def __init__(self, app: ASGIApp, *, policy: str, strict_transport: bool) -> None:
        self._app = app
        headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
        }
        if strict_transport:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._api_headers = [*self._headers, (b"cache-control", b"no-store")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = message["headers"]
                said = {name for name, _ in headers}
                ours = self._api_headers if scope["path"].startswith("/api/") else self._headers
                message["headers"] = [*headers, *(pair for pair in ours if pair[0] not in said)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # Starlette raises an unexpected error again after it was logged and answered; enough was said.
            if not has_begun:
                raise


class HeadByGet:
    """ASGI layer: routes of the API know GET; HEAD is that without its body (RFC 9110 section 9.3.2)."""

    _PREFIXES = ("/api/", "/docs/", "/images/", "/problems", "/healthz", "/readyz", "/metrics")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or not self.knows(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send_without_body)
        finally:
            scope["route"] = as_get.get("route")  # for what counts requests

    @classmethod
    def knows(cls, path: str) -> bool:
        """Whether HEAD is answered wherever GET is."""
        return path.startswith(cls._PREFIXES)


class CrossOriginAccess:
    """ASGI layer: pages of any origin may publish and watch, and may read refusals too (WHIP, WHEP).

    No cookie is allowed along, so what such a page can do it can do without its visitor's login.
    """

    _HEADERS = (
        (b"access-control-allow-origin", b"*"),
        (
            b"access-control-expose-headers",
            b"Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate",
        ),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].split("/", 2)[1:2] not in (["whip"], ["whep"]):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._HEADERS]}
            await send(message)

        await self._app(scope, receive, send_with_headers)
