"""Channels follow suspensions of their owners that are older than that channels followed them."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId, AccountSuspended
from livehouse.main.migrations.upgrade import alembic_config
from livehouse.main.wiring.accounts import build_people
from livehouse.main.wiring.channel import build_channel, build_channel_duties
from livehouse.processes.suspending_account import FollowAccountSuspensions
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.application.end_broadcast import StopBroadcast
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.testing import FakeMediaRouter

pytestmark = pytest.mark.integration

SUSPENDED = {  # reason and end, as SQL
    "ada": ("'spam'", "NULL"),
    "bob": ("'noise'", "now() + interval '3 days'"),
    "eve": ("'over'", "now() - interval '1 second'"),
    "fay": ("NULL", "NULL"),
}


def upgrade(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def migrate(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(upgrade, "accounts_0007")
        await connection.run_sync(upgrade, "channel_0007")
        await connection.run_sync(upgrade, "eventbus_0001")
        for number, (name, (reason, until)) in enumerate(SUSPENDED.items()):
            ids = {"name": name, "account": UUID(int=number + 1), "channel": UUID(int=number + 101)}
            await connection.execute(
                text(
                    f"""
                    INSERT INTO accounts.account
                        (account_id, name, password_hash, created_at, skeleton,
                            suspension_reason, suspended_until)
                    VALUES (:account, :name, '', now(), :name, {reason}, {until})
                    """  # noqa: S608
                ),
                ids,
            )
            await connection.execute(
                text(
                    "INSERT INTO channel.channel (owner_id, channel_id, name, title, created_at, version)"
                    " VALUES (:account, :channel, :name, :name, now(), 1)"
                ),
                ids,
            )
        await connection.run_sync(upgrade, "heads")


async def told(engine: AsyncEngine) -> list[CloudEvent]:
    async with engine.begin() as connection:
        rows = await connection.execute(text("SELECT * FROM eventbus.outbox ORDER BY partition_key"))
        return [
            CloudEvent(
                row.event_id, row.type, row.source, row.subject, row.occurred_at, row.partition_key, row.data
            )
            for row in rows
        ]


async def suspended_channels(url: str) -> set[str]:
    engine, clock = create_async_engine(url, poolclass=NullPool), SystemClock()
    ids = UuidV7Ids(clock)
    await migrate(engine)
    events = await told(engine)
    read = [AccountSuspended.from_cloud_event(event) for event in events]
    again = [
        one.to_cloud_event(event_id=event.id, time=event.time)
        for one, event in zip(read, events, strict=True)
    ]
    assert again == events, "as accounts write them"
    assert [(one.account_id, one.name.value, one.until is None) for one in read] == [
        (AccountId(UUID(int=1)), "ada", True),
        (AccountId(UUID(int=2)), "bob", False),
    ]
    channels = build_channel(engine, clock, ids).find_channels
    stop = StopBroadcast(
        lambda: PostgresStreamingUnitOfWork(engine), FakeMediaRouter(), SocialEvents(channels, ids), clock
    )
    people = build_people(engine, clock)
    follow = FollowAccountSuspensions(
        people, build_channel_duties(engine, clock, ids).take_owners_suspension, stop
    )
    for _ in range(2):
        for event in read:
            await follow(event)
    assert (await people.actor(AccountId(UUID(int=1)))).suspension == Suspension("spam", None)
    found = [await channels.by_name(name) for name in SUSPENDED]
    await engine.dispose()
    return {channel.name.value for channel in found if channel.is_suspended}


def test_channels_of_those_who_are_suspended_already_are_suspended_with_them(empty_database_url: str) -> None:
    assert asyncio.run(suspended_channels(empty_database_url)) == {"ada", "bob"}
