"""Counted tries in PostgreSQL. What is older than its window goes bit by bit, so the table stays as small as
the traffic of one window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.accounts.adapters.postgres_tables import attempt as _attempt


class PostgresAttempts:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def count(
        self, limits: Sequence[tuple[bytes, int]], now: datetime, window_s: int
    ) -> datetime | None:
        oldest = now - timedelta(seconds=window_s)
        over = _attempt.c.window_started_at <= oldest
        statement = insert(_attempt)
        for key, limit in limits:
            row = (
                await self._connection.execute(
                    statement.values(key=key, tries=1, window_started_at=now)
                    .on_conflict_do_update(
                        index_elements=["key"],
                        set_={
                            "tries": case((over, literal(1)), else_=_attempt.c.tries + 1),
                            "window_started_at": case(
                                (over, literal(now, DateTime(timezone=True))),
                                else_=_attempt.c.window_started_at,
                            ),
                        },
                    )
                    .returning(_attempt.c.tries, _attempt.c.window_started_at)
                )
            ).one()
            if row.tries > limit:
                started_at: datetime = row.window_started_at
                return started_at
        # Last: who holds aged rows waits for no row of others any more.
        aged = select(_attempt.c.key).where(over).limit(100).with_for_update(skip_locked=True)
        await self._connection.execute(delete(_attempt).where(_attempt.c.key.in_(aged)))
        return None

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
