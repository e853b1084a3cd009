"""What binds one account to one channel, in one statement: access asks it with many a request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.kernel.ids import EntityId
from livehouse.social.adapters.postgres_tables import follow as _follow
from livehouse.social.adapters.postgres_tables import paid_subscription as _subscription
from livehouse.social.adapters.postgres_tables import tier as _tier
from livehouse.social.adapters.postgres_tiers import to_benefits
from livehouse.social.contract import Support
from livehouse.social.domain.paid_subscription import Run
from livehouse.social.domain.tier import badge_months, entitlements_of


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
        is_its_tier = (_tier.c.channel_id == _subscription.c.channel_id) & (
            _tier.c.tier_id == _subscription.c.tier_id
        )
        query = select(
            _follow.c.followed_at,
            _subscription.c.run_started_at,
            _subscription.c.run_months,
            _subscription.c.months_before,
            _tier.c.benefits,
        ).select_from(
            one.outerjoin(_follow, is_follow).outerjoin(_subscription, is_paid).outerjoin(_tier, is_its_tier)
        )
        row = (await self._connection.execute(query)).one()
        if row.run_started_at is None:
            return Support(row.followed_at)
        months = row.months_before + Run(row.run_started_at, row.run_months).begun(now)
        benefits = to_benefits(row.benefits or ())
        return Support(row.followed_at, months, entitlements_of(benefits), badge_months(benefits, months))
