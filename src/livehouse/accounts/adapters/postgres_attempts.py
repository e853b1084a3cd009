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

    async def count(self, keys: Sequence[bytes], now: datetime, window_s: int) -> list[tuple[int, datetime]]:
        oldest = now - timedelta(seconds=window_s)
        aged = (
            select(_attempt.c.key)
            .where(_attempt.c.window_started_at <= oldest, _attempt.c.key.not_in(keys))
            .limit(100)
            .with_for_update(skip_locked=True)
        )
        await self._connection.execute(delete(_attempt).where(_attempt.c.key.in_(aged)))
        over = _attempt.c.window_started_at <= oldest
        statement = insert(_attempt)
        counted: dict[bytes, tuple[int, datetime]] = {}
        for key in sorted(keys):  # one order of row locks for all
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
            counted[key] = (row.tries, row.window_started_at)
        return [counted[key] for key in keys]

    async def forgive(self, keys: Sequence[bytes], *, forget: bool) -> None:
        for key in sorted(keys):
            if forget:
                await self._connection.execute(delete(_attempt).where(_attempt.c.key == key))
            else:
                await self._connection.execute(
                    update(_attempt)
                    .where(_attempt.c.key == key)
                    .values(tries=func.greatest(_attempt.c.tries - 1, 0))
                )
