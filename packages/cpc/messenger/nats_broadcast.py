"""Batches between gateways over core NATS: fast, and free to lose what the database has anyway."""

from __future__ import annotations

import logging
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

log = logging.getLogger(__name__)

RECONNECT_PAUSE_S = 0.25
PENDING_BYTES = 4 * 1024 * 1024


class NatsMessageBroadcast:
    """One connection that comes back by itself for as long as it takes, subscriptions included.

    The server does not echo: what this connection publishes it does not receive.
    """

    def __init__(self) -> None:
        self._connection = Client()
        self._reconnected: list[Callable[[], None]] = []

    async def connect(self, servers: str) -> None:
        """`servers`: comma-separated `nats://[user:password@]host:port`. Waits until one of them is there."""
        await self._connection.connect(
            servers=[server.strip() for server in servers.split(",")],
            name="chat",
            no_echo=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_PAUSE_S,  # type: ignore[arg-type]  # it sleeps for any number
            connect_timeout=2,
            ping_interval=5,
            pending_size=PENDING_BYTES,
            reconnected_cb=self._on_reconnected,
            error_cb=_on_error,
        )

    @property
    def is_connected(self) -> bool:
        return bool(self._connection.is_connected)

    async def publish(self, subject: str, payload: bytes) -> None:
        """While the server is away up to 4 MiB wait for it; what does not fit is lost, and logged."""
        try:
            await self._connection.publish(subject, payload)
        except (NatsError, OSError) as error:
            log.warning("a batch for %s is not broadcast: %r", subject, error)

    async def subscribe(self, subject: str, on_payload: Callable[[bytes], None]) -> NatsMessageSubscription:
        async def on_message(message: Msg) -> None:
            on_payload(message.data)

        return NatsMessageSubscription(await self._connection.subscribe(subject, cb=on_message))

    def on_reconnected(self, callback: Callable[[], None]) -> None:
        self._reconnected.append(callback)

    async def close(self) -> None:
        await self._connection.close()

    async def _on_reconnected(self) -> None:
        for callback in self._reconnected:
            callback()


class NatsMessageSubscription:
    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def close(self) -> None:
        try:
            await self._subscription.unsubscribe()
        except (NatsError, OSError) as error:
            log.debug("unsubscribed from a connection that is gone: %r", error)


async def _on_error(error: Exception) -> None:
    # Each failed attempt to reconnect comes here too: not worth a warning each.
    log.info("nats: %r", error)
