"""At size, nothing that is asked often reads a whole table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.main.wiring.persistence import build_engine
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.application.ports import Place
from livehouse.social.domain.payment import PaymentId, PaymentState

pytestmark = pytest.mark.integration

ACCOUNT, CHANNEL = AccountId(UUID(int=7)), ChannelId(UUID(int=3))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
# 200 channels of 500 followers; 20,000 subscriptions and as many payments.
FILL = """
    INSERT INTO social.follow
    SELECT lpad(to_hex(n % 20000), 32, '0')::uuid, lpad(to_hex(n / 500), 32, '0')::uuid,
        '2026-01-01'::timestamptz + n * interval '1 second', true
    FROM generate_series(0, 99999) AS n;
    INSERT INTO social.follow_tally
    SELECT lpad(to_hex(n), 32, '0')::uuid, 5, '2026-01-01', 5 FROM generate_series(0, 19999) AS n;
    INSERT INTO social.follower_count
    SELECT lpad(to_hex(n), 32, '0')::uuid, 500 FROM generate_series(0, 19999) AS n;
    INSERT INTO social.tier
    SELECT lpad(to_hex(n / 5), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'Gold', 500, 'EUR', '[]',
        '2026-01-01', NULL
    FROM generate_series(0, 19999) AS n;
    INSERT INTO social.paid_subscription
    SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % 200), 32, '0')::uuid,
        lpad(to_hex(n), 32, '0')::uuid, 'active', lpad(to_hex(n), 32, '0')::uuid, NULL, 500, 'EUR',
        '2026-01-01', '2026-01-01'::timestamptz + n * interval '1 second', 1, 0, 0,
        '2026-02-04'::timestamptz, '2026-01-25'::timestamptz + n * interval '1 second'
    FROM generate_series(0, 19999) AS n;
    INSERT INTO social.payment
    SELECT lpad(to_hex(n % 200), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid,
        lpad(to_hex(n), 32, '0')::uuid, 'first', CASE n % 10 WHEN 0 THEN 'pending' ELSE 'confirmed' END,
        lpad(to_hex(n), 32, '0')::uuid, 500, 500, 'EUR', 1, 'manual', '',
        '2026-01-01'::timestamptz + n * interval '1 second', '2026-01-15', NULL, NULL
    FROM generate_series(0, 19999) AS n;
"""


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg", "postgresql"))
    await connection.execute(FILL)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    engine = build_engine(database_url)
    yield engine
    await engine.dispose()


async def test_no_sequential_scan(engine: AsyncEngine) -> None:
    asked: list[tuple[str, Any]] = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def keep(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            asked.append((statement, parameters))

    after = Place(datetime(2026, 1, 2, tzinfo=UTC), CHANNEL)
    async with PostgresSocialUnitOfWork(engine) as unit:
        follow = await unit.follows.get(ACCOUNT, ChannelId(UUID(int=0)))
        assert follow is not None
        tally = await unit.follows.tally(ACCOUNT, NOW)
        await unit.follows.remove(follow, tally.with_one_less())
        await unit.follows.add(follow, tally)
        await unit.follows.save(follow)
        for place in (None, after):
            assert await unit.follows.of_account(ACCOUNT, after=place, limit=50)
            await unit.follows.of_channel(CHANNEL, after=place, limit=50)
            await unit.subscriptions.of_account(ACCOUNT, after=place, limit=50)
            await unit.subscriptions.running_in(CHANNEL, after=place, limit=50)
            await unit.payments.of_channel(CHANNEL, None, after=place, limit=50)
            await unit.payments.of_channel(CHANNEL, PaymentState.PENDING, after=place, limit=50)
            await unit.payments.of_account(ACCOUNT, after=place, limit=50)
        assert await unit.follows.followers(CHANNEL) == 500
        assert await unit.follows.remove_of_channel(ChannelId(UUID(int=5)), 100) == 100
        assert (await unit.supports.of(ChannelId(UUID(int=0)), ACCOUNT, NOW)).followed_at is not None
        assert await unit.tiers.offered_by(CHANNEL)
        subscription = await unit.subscriptions.get(AccountId(UUID(int=203)), CHANNEL, for_update=True)
        assert subscription is not None
        assert await unit.tiers.by_ids({subscription.tier_id})
        await unit.subscriptions.save(subscription)
        assert await unit.subscriptions.next_due(datetime(2026, 1, 26, tzinfo=UTC)) is not None
        await unit.subscriptions.pending_of(ACCOUNT)
        assert await unit.subscriptions.open_in(CHANNEL, 50)
        await unit.subscriptions.open_of(ACCOUNT, 50)
        await unit.subscriptions.remove_of(ACCOUNT)
        payment = await unit.payments.get(CHANNEL, PaymentId(UUID(int=203)))
        assert payment is not None
        await unit.payments.save(payment)
        await unit.payments.forget_account(ACCOUNT)
    plans = {}
    async with engine.connect() as connection:
        asked_for = list(asked)
        for statement, parameters in asked_for:
            plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans[statement] = "\n".join(row[0] for row in plan)
        await connection.rollback()
    assert len(plans) > 25
    assert not {statement: plan for statement, plan in plans.items() if "Seq Scan" in plan}
