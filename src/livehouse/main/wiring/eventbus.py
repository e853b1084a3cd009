"""What the worker does with events: the outbox relay and every durable consumer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.inbox import InboxHandler
from cpc.eventbus.jetstream import JetStreamTransport
from cpc.eventbus.postgres import PostgresTransaction
from cpc.eventbus.relay import OutboxRelay
from cpc.eventbus.transport import DurableConsumer
from livehouse.accounts.contract import (
    AccountErased,
    AccountOpened,
    AccountReinstated,
    AccountSuspended,
    AdministratorActed,
    PersonBlocked,
)
from livehouse.channel.adapters.postgres_directory import PostgresDirectory
from livehouse.channel.adapters.postgres_statistics import PostgresStatistics
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.follow_broadcasts import BROADCAST_SUBJECTS, SUBJECTS, FollowBroadcasts
from livehouse.channel.application.statistics import CountBroadcasts
from livehouse.main.wiring.accounts import build_deed_log
from livehouse.main.wiring.channel import build_message_counts
from livehouse.processes.opening_account import GiveChannelToOpenedAccount
from livehouse.processes.parting import Parting
from livehouse.processes.suspending_account import FollowAccountSuspensions

DIRECTORY = DurableConsumer("channel_directory", SUBJECTS)
STATISTICS = DurableConsumer("channel_statistics", BROADCAST_SUBJECTS)
OPENING_ACCOUNT = DurableConsumer("opening_account", (AccountOpened.subjects(),))
SUSPENDING_ACCOUNT = DurableConsumer(
    "suspending_account", (AccountSuspended.subjects(), AccountReinstated.subjects())
)

AUDIT_LOG = DurableConsumer("audit_log", (AdministratorActed.subjects(),))
PARTING = DurableConsumer("parting", (PersonBlocked.subjects(), AccountErased.subjects()))

Handle = Callable[[CloudEvent], Awaitable[None]]


def build_event_duties(
    engine: AsyncEngine,
    connection: Client,
    create_channel: CreateChannel,
    follow_suspensions: FollowAccountSuspensions,
    parting: Parting,
    others: Mapping[DurableConsumer, Handle] | None = None,
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """By name, functions that run until cancelled. connection: one to NATS that reconnects for ever.

    others: handlers that work in units of work of their own, where the same event twice does nothing more.
    """
    others = others or {}
    transport = JetStreamTransport(connection)
    relay = OutboxRelay(
        engine,
        transport,
        (DIRECTORY, STATISTICS, OPENING_ACCOUNT, SUSPENDING_ACCOUNT, PARTING, AUDIT_LOG, *others),
    )
    message_counts = build_message_counts(engine)
    give_channel = GiveChannelToOpenedAccount(create_channel)
    record_deed = build_deed_log(engine)

    async def follow_broadcasts(event: CloudEvent, transaction: PostgresTransaction) -> None:
        await FollowBroadcasts(PostgresDirectory(transaction.connection))(event)

    async def count_broadcasts(event: CloudEvent, transaction: PostgresTransaction) -> None:
        await CountBroadcasts(PostgresStatistics(transaction.connection), message_counts)(event)

    async def complete_opening(event: CloudEvent, _: PostgresTransaction) -> None:
        await give_channel(AccountOpened.from_cloud_event(event))  # idempotent, in its own unit of work

    async def follow_suspension(event: CloudEvent, _: PostgresTransaction) -> None:
        # Idempotent, in units of work of its own.
        if event.type == AccountSuspended.type_name():
            await follow_suspensions(AccountSuspended.from_cloud_event(event))
        else:
            await follow_suspensions(AccountReinstated.from_cloud_event(event))

    async def part(event: CloudEvent, _: PostgresTransaction) -> None:
        # Idempotent, in units of work of their own.
        if event.type == PersonBlocked.type_name():
            await parting.person_blocked(PersonBlocked.from_cloud_event(event))
        else:
            await parting.account_erased(AccountErased.from_cloud_event(event))

    async def write_down(event: CloudEvent) -> None:
        await record_deed(AdministratorActed.deed(event))

    directory_handler = InboxHandler(engine, DIRECTORY.name, follow_broadcasts)
    statistics_handler = InboxHandler(engine, STATISTICS.name, count_broadcasts)
    opening_handler = InboxHandler(engine, OPENING_ACCOUNT.name, complete_opening)
    suspending_handler = InboxHandler(engine, SUSPENDING_ACCOUNT.name, follow_suspension)
    parting_handler = InboxHandler(engine, PARTING.name, part)
    return {
        "outbox relay": relay.run,
        DIRECTORY.name: lambda: transport.consume(DIRECTORY, directory_handler),
        STATISTICS.name: lambda: transport.consume(STATISTICS, statistics_handler),
        OPENING_ACCOUNT.name: lambda: transport.consume(OPENING_ACCOUNT, opening_handler),
        SUSPENDING_ACCOUNT.name: lambda: transport.consume(SUSPENDING_ACCOUNT, suspending_handler),
        PARTING.name: lambda: transport.consume(PARTING, parting_handler),
        AUDIT_LOG.name: partial(transport.consume, AUDIT_LOG, _in_inbox(engine, AUDIT_LOG, write_down)),
        **{
            consumer.name: partial(transport.consume, consumer, _in_inbox(engine, consumer, handle))
            for consumer, handle in others.items()
        },
    }


def _in_inbox(engine: AsyncEngine, consumer: DurableConsumer, handle: Handle) -> InboxHandler:
    async def apply(event: CloudEvent, _: PostgresTransaction) -> None:
        await handle(event)

    return InboxHandler(engine, consumer.name, apply)
