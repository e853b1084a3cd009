"""What binds one account to one channel, in one statement: access asks it with many a request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.kernel.ids import EntityId
from livehouse.social.adapters.postgres_tables import follow as _follow
from livehouse.social.adapters.postgres_tables import paid_subscription as _subscription
from livehouse.social.contract import Support
from livehouse.social.domain.paid_subscription import Run


class PostgresSupports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, channel_id: EntityId, account_id: EntityId, now: datetime) -> Support:
        one = select(text("1")).subquery()  # a row also where there is nothing
        is_follow = (_follow.c.account_id == account_id.uuid) & (_follow.c.channel_id == channel_id.uuid)
        is_paid = (
            (_subscription.c.account_id == account_id.uuid)
            & (_subscription.c.channel_id == channel_id.uuid)
            & (_subscription.c.entitled_until > now)
        )
        query = select(
            _follow.c.followed_at,
            _subscription.c.run_started_at,
            _subscription.c.run_months,
            _subscription.c.months_before,
        ).select_from(one.outerjoin(_follow, is_follow).outerjoin(_subscription, is_paid))
        row = (await self._connection.execute(query)).one()
        if row.run_started_at is None:
            return Support(row.followed_at)
        run = Run(row.run_started_at, row.run_months)
        return Support(row.followed_at, row.months_before + run.begun(now))
