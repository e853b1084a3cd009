"""Refuses what no route should see: addresses with NUL in them, bodies that are too large, by their announced
length or while reading, and those too slow."""

from __future__ import annotations

import asyncio
import contextlib
import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livehouse.web.problems import problem

_READ_THOUGH_REFUSED = 4
"""Times the limit. Who still sends when the door closes may lose the answer (RFC 9112 section 9.6), and most
who send too much send a little too much: their body is read to its end and thrown away."""


class AddressWithoutNul:
    """ASGI layer. PostgreSQL keeps no U+0000 in text, nor do file systems in names: nothing is there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (b"%00" in scope["query_string"] or "\0" in scope["path"]):
            await self._app(scope, receive, send)
            return
        detail = "The address has the character U+0000 (%00) in it, which is in no text here. Leave it out."
        await problem(400, "invalid-request", detail, scope["path"])(scope, receive, send)


class BodyLimit:
    """ASGI layer. A body that trickles in holds one of the places for requests: it has `body_timeout_s`.

    uploads: paths to which files are put; they have limits of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        body_timeout_s: float,
        uploads: re.Pattern[str],
        max_upload_bytes: int,
        upload_timeout_s: float,
    ) -> None:
        self._app = app
        self._limits = max_body_bytes, body_timeout_s
        self._uploads = uploads
        self._upload_limits = max_upload_bytes, upload_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["method"] == "PUT" and self._uploads.fullmatch(scope["path"]) is not None
        max_body_bytes, body_timeout_s = self._upload_limits if is_upload else self._limits
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > max_body_bytes:
                if int(value) <= max_body_bytes * _READ_THOUGH_REFUSED:
                    await _throw_away(receive, body_timeout_s)
                detail = f"The body may have at most {max_body_bytes} bytes."
                await problem(413, "too-large", detail, scope["path"])(scope, receive, send)
                return
        received_bytes = 0
        is_whole = False
        deadline_s = asyncio.get_running_loop().time() + body_timeout_s

        async def limited_receive() -> Message:
            nonlocal received_bytes, is_whole
            if is_whole:
                return await receive()  # waits for the client to go away
            try:
                async with asyncio.timeout_at(deadline_s):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                is_whole = not message.get("more_body", False)
                if received_bytes > max_body_bytes:
                    raise HTTPException(413)
            return message

        await self._app(scope, limited_receive, send)


async def _throw_away(receive: Receive, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while (await receive()).get("more_body", False):
                pass
