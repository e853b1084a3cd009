"""A role's connection to NATS: comes back by itself, for ever."""

from __future__ import annotations

import asyncio

import structlog
from nats.aio.client import Client

from livehouse.main.settings import ResolvedSettings

_WARN_EVERY_S = 10.0
log = structlog.get_logger(__name__)


async def connect_nats(settings: ResolvedSettings, name: str) -> Client:
    """Returns once connected. While the servers are away later, requests fail at once or time out."""

    client = Client()

    async def on_disconnected() -> None:
        if not client.is_closed:  # It is called at the end, too.
            log.warning("NATS is away")

    async def on_reconnected() -> None:
        log.info("NATS is back")

    last_error = ""

    async def on_error(error: Exception) -> None:
        nonlocal last_error
        last_error = f"{type(error).__name__}: {error}"
        log.debug("NATS", reason=last_error)

    connecting = asyncio.ensure_future(
        client.connect(
            list(settings.nats_servers),
            name=f"livehouse {name}",
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,  # type: ignore[arg-type]  # passed on to asyncio.sleep
            connect_timeout=2,
            ping_interval=10,
            max_outstanding_pings=2,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            error_cb=on_error,
        )
    )
    while not connecting.done():
        await asyncio.wait({connecting}, timeout=_WARN_EVERY_S)
        if not connecting.done():
            log.warning("NATS does not answer yet", reason=last_error)
    connecting.result()
    return client
