"""Granian in a role's own event loop: HTTP/1.1 and 2, TLS when there is a certificate, and limits."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.embed import Server

from livehouse.main.role_context import RoleContext

# Requests in progress at once; more wait in the backlog of the kernel.
_REQUESTS_AT_ONCE = 1024
_BACKLOG = 4096
_HEAD_TIMEOUT_MS = 10_000
_HEAD_LIMIT_BYTES = 64 * 1024
# Its lines go the way of all others.
_LOGGING: dict[str, Any] = {
    "handlers": {},
    "formatters": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}},
}


async def serve_http(app: Any, role: RoleContext, port: int) -> None:
    """Serve `app` (ASGI without lifespan) until the role shall stop; says ready once the port answers."""
    settings = role.settings
    server = Server(
        app,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_REQUESTS_AT_ONCE,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_TIMEOUT_MS, max_buffer_size=_HEAD_LIMIT_BYTES),
        http2_settings=HTTP2Settings(max_concurrent_streams=100, max_headers_size=_HEAD_LIMIT_BYTES),
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    )
    serving = asyncio.create_task(server.serve())
    announcing = asyncio.create_task(_announce(role, port))
    stopping = asyncio.create_task(role.stopping.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    announcing.cancel()
    stopping.cancel()
    server.stop()  # type: ignore[no-untyped-call]
    await serving


async def _announce(role: RoleContext, port: int) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(role.settings.host, role.settings.host)  # noqa: S104
    context = None
    if role.settings.uses_tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # Only to see whether our own door opens.
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            writer.close()
            role.ready()
            return
        await asyncio.sleep(0.02)
