"""Refuses bodies that are too large, by their announced length at once, otherwise while reading."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livehouse.web.problems import problem


class BodyLimit:
    """ASGI layer."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._max_body_bytes:
                detail = f"The body may have at most {self._max_body_bytes} bytes."
                await problem(413, "too-large", detail, scope["path"])(scope, receive, send)
                return
        received_bytes = 0

        async def limited_receive() -> Message:
            nonlocal received_bytes
            message = await receive()
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                if received_bytes > self._max_body_bytes:
                    raise HTTPException(413)
            return message

        await self._app(scope, limited_receive, send)
