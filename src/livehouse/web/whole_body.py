"""The body of a request read at once by a layer, and given on to what is behind it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive


async def whole_body(receive: Receive) -> bytes:
    """Its size and time are limited by `BodyLimit`. Raises `HTTPException`."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise HTTPException(408)  # the client went away
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """Receives that body in one piece; after it, what `receive` has."""
    is_read = False

    async def receive_again() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
