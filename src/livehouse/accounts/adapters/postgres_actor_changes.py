"""Hears from PostgreSQL whose tokens say something else from now on."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID, uuid4

import asyncpg
import structlog

from livehouse.accounts.contract import AccountId, ActorChanges

log = structlog.get_logger(__name__)

CHANNEL = "livehouse_actor_changed"
_TIMEOUT_S = 5.0
_RETRY_S = 1.0


class PostgresActorChanges:
    """Keeps a connection of its own. dsn: `postgresql://…`.

    heartbeat_s: so often it asks to be told something itself: a connection that is dead without a word, or
    a pooler that does not carry notifications, is found by that.
    """

    def __init__(self, dsn: str, changes: ActorChanges, *, heartbeat_s: float = 10.0) -> None:
        self._dsn = dsn
        self._changes = changes
        self._heartbeat_s = heartbeat_s

    async def run(self) -> None:
        """Until cancelled. Outlives restarts of PostgreSQL."""
        while True:
            try:
                await self._follow()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.info("changes of logins are not heard for a while", error=repr(error)[:300])
            finally:
                self._changes.unfollowed()
            await asyncio.sleep(_RETRY_S)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=_TIMEOUT_S,
            command_timeout=_TIMEOUT_S,
            server_settings={"application_name": "livehouse"},
        )
        ended, heard, heartbeat = asyncio.Event(), asyncio.Event(), uuid4()

        def on_notification(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            told = UUID(payload)
            if told == heartbeat:
                heard.set()
            else:
                self._changes.changed(AccountId(told))

        try:
            connection.add_termination_listener(lambda _: ended.set())
            await connection.add_listener(CHANNEL, on_notification)
            while not ended.is_set():
                heard.clear()
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(heartbeat))
                async with asyncio.timeout(_TIMEOUT_S):
                    await heard.wait()
                self._changes.followed()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._heartbeat_s):
                        await ended.wait()
        finally:
            connection.terminate()
