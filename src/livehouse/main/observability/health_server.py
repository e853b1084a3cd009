"""`/healthz` and `/metrics` of one process on a Unix socket in the run folder; `web` gathers them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from prometheus_client import REGISTRY, generate_latest

_REQUEST_LIMIT_BYTES = 4096
_TIMEOUT_S = 2.0


async def serve_health(socket_path: Path) -> asyncio.Server:
    """Every answer closes the connection. The run folder is closed to other users of the machine."""
    return await asyncio.start_unix_server(_answer, str(socket_path), limit=_REQUEST_LIMIT_BYTES)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _TIMEOUT_S)
        target = head.split(b" ", 2)[1] if head.count(b" ") >= 2 else b""
        if target == b"/metrics":
            status, body = "200 OK", generate_latest(REGISTRY)
        elif target == b"/healthz":
            status, body = "200 OK", b"ok\n"
        else:
            status, body = "404 Not Found", b"there are /healthz and /metrics\n"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await asyncio.wait_for(writer.drain(), _TIMEOUT_S)
    writer.close()


async def fetch(socket_path: Path, target: str = "/metrics", patience_s: float = _TIMEOUT_S) -> str:
    """The body of an answer. Raises OSError or TimeoutError when the process is away."""
    async with asyncio.timeout(patience_s):
        reader, writer = await asyncio.open_unix_connection(str(socket_path))
        try:
            writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
    return answer.partition(b"\r\n\r\n")[2].decode()
