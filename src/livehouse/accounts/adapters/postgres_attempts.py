"""Counted tries in PostgreSQL. What is older than its window goes bit by bit, so the table stays as small as
the traffic of one window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, bindparam, case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.adapters.postgres_tables import attempt as _attempt
from livehouse.accounts.application.ports import ShareOfRest

_IS_OVER = _attempt.c.window_started_at <= bindparam("oldest")
_NOW = bindparam("now", type_=DateTime(timezone=True))
# Made once: under a flood it is most of what a refused try costs.
_COUNT = (
    insert(_attempt)
    .values(key=bindparam("counted"), tries=1, window_started_at=_NOW)
    .on_conflict_do_update(
        index_elements=["key"],
        set_={
            "tries": case((_IS_OVER, literal(1)), else_=_attempt.c.tries + 1),
            "window_started_at": case((_IS_OVER, _NOW), else_=_attempt.c.window_started_at),
        },
    )
    .returning(_attempt.c.tries, _attempt.c.window_started_at)
)
_FORGET_AGED = delete(_attempt).where(
    _attempt.c.key.in_(select(_attempt.c.key).where(_IS_OVER).limit(100).with_for_update(skip_locked=True))
)


class PostgresAttempts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def count(
        self,
        limits: Sequence[tuple[bytes, int]],
        now: datetime,
        window_s: int,
        share: ShareOfRest | None = None,
    ) -> datetime | None:
        oldest = now - timedelta(seconds=window_s)
        for key, limit in limits:
            tries, started_at = await self._counted(key, now, oldest)
            if tries > limit:
                return started_at
            if share is not None and share.of == key and tries > share.after:
                tries, started_at = await self._counted(share.key, now, oldest)
                if tries > share.most:
                    return started_at
        # Last: who holds aged rows waits for no row of others any more.
        await self._connection.execute(_FORGET_AGED, {"oldest": oldest})
        return None

    async def _counted(self, key: bytes, now: datetime, oldest: datetime) -> tuple[int, datetime]:
        """Tries in the window, with this one, and when it began."""
        found = await self._connection.execute(_COUNT, {"counted": key, "now": now, "oldest": oldest})
        row = found.one()
        return row.tries, row.window_started_at

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        for key in keys:
            if forget:
                await self._connection.execute(delete(_attempt).where(_attempt.c.key == key))
            else:
                await self._connection.execute(
                    update(_attempt)
                    .where(_attempt.c.key == key)
                    .values(tries=func.greatest(_attempt.c.tries - 1, 0))
                )
