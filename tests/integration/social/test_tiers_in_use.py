"""A tier is taken and withdrawn in the same moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.domain.money import Money
from livehouse.social.domain.paid_subscription import SubscriptionId
from livehouse.social.domain.payment import PaymentId
from livehouse.social.domain.tier import SubscriptionTier, TierId
from livehouse.social.domain.transitions import take_tier

pytestmark = pytest.mark.integration

CHANNEL = ChannelId(UUID(int=11))
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_a_tier_that_somebody_is_taking_is_not_removed(engine: AsyncEngine) -> None:
    tier = SubscriptionTier(TierId(uuid4()), CHANNEL, "Gold", Money(500, "EUR"), (), NOW)
    async with PostgresSocialUnitOfWork(engine) as unit:
        await unit.tiers.save(tier)

    async def withdrawn() -> bool:
        async with PostgresSocialUnitOfWork(engine) as unit:
            return await unit.tiers.remove_unused(CHANNEL, tier.id)

    async with PostgresSocialUnitOfWork(engine) as unit:
        assert await unit.tiers.get(CHANNEL, tier.id, held=True) == tier
        withdrawing = asyncio.create_task(withdrawn())
        await until_somebody_waits(engine)
        outcome = take_tier(None, AccountId(uuid4()), tier, SubscriptionId(uuid4()), PaymentId(uuid4()), NOW)
        assert outcome.subscription.pending is not None
        await unit.subscriptions.save(outcome.subscription)
        await unit.payments.save(outcome.subscription.pending)
    assert await withdrawing is False
    async with PostgresSocialUnitOfWork(engine) as unit:
        assert await unit.tiers.get(CHANNEL, tier.id) == tier


async def until_somebody_waits(engine: AsyncEngine) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30), engine.connect() as connection:
        while not (await connection.execute(waiting)).scalar_one():
            await connection.rollback()  # what is seen stays the same within a transaction
            await asyncio.sleep(0.01)
