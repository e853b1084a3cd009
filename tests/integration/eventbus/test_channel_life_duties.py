"""The worker follows the life of channels: events through PostgreSQL and NATS, on real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.eventbus.worker import running

from cpc.eventbus.envelope import CloudEvent
from cpc.eventbus.postgres import PostgresTransaction
from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from cpc.messenger.identifiers import MessageId
from livehouse.access.contract import Suspended
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.contract import (
    ANONYMOUS,
    AccountErased,
    AccountId,
    AccountName,
    AccountRenamed,
    Actor,
    AdministratorActed,
    Deeds,
    PersonBlocked,
)
from livehouse.accounts.domain.administration import AuditEntry
from livehouse.accounts.testing import FakePasswordHasher, RecordedDeeds
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application import ChannelUseCases
from livehouse.channel.contract import ChannelSuspended
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant
from livehouse.chat.adapters.postgres_chat import PostgresChatUnitOfWork
from livehouse.chat.application.open_chat_room import OpenChatRoom
from livehouse.chat.domain.chat_message import draft_chat_message
from livehouse.main.wiring.accounts import build_accounts, build_deed_log
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.channel_life import build_account_suspensions, build_channel_life
from livehouse.main.wiring.eventbus import build_event_duties
from livehouse.main.wiring.social import build_parting
from livehouse.main.wiring.streaming import build_stop_broadcast
from livehouse.social.adapters.postgres import PostgresSocialUnitOfWork
from livehouse.social.domain.follow import Follow
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.contract import BroadcastId
from livehouse.streaming.domain.broadcast import Broadcast
from livehouse.streaming.domain.stream_key import SecretDigest, StreamKey, StreamKeyId

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("worker")]

CLOCK = FakeClock()
IDS = UuidV7Ids(CLOCK)
NOW = CLOCK.now()
BOB = AccountId(uuid4())


@pytest.fixture
def channels(engine: AsyncEngine) -> ChannelUseCases:
    return build_channel(engine, CLOCK, IDS)


@pytest.fixture
async def ada(channels: ChannelUseCases) -> Channel:
    return await channels.manager.create(AccountId(uuid4()), AccountName("ada"))


@pytest.fixture
async def worker(
    engine: AsyncEngine, nats_connection: Client, channels: ChannelUseCases
) -> AsyncIterator[None]:
    stop = build_stop_broadcast(engine, channels.find_channels, nats_connection, CLOCK, IDS)
    duties = build_event_duties(
        engine,
        nats_connection,
        channels.manager.create,
        build_account_suspensions(engine, stop, CLOCK, IDS),
        build_parting(engine, channels.find_channels, CLOCK, IDS),
        build_channel_life(engine, nats_connection, channels, CLOCK, IDS),
    )
    async with running(duties):
        yield


async def publish(engine: AsyncEngine, *events: CloudEvent) -> None:
    async with PostgresTransaction(engine) as transaction:
        for event in events:
            transaction.outbox.publish(event)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def go_live(engine: AsyncEngine, channel: Channel) -> None:
    async with PostgresStreamingUnitOfWork(engine) as unit:
        await unit.stream_keys.add(
            StreamKey(StreamKeyId(uuid4()), channel.id, "OBS", SecretDigest("a", uuid4().bytes), NOW)
        )
        await unit.broadcasts.add(Broadcast(BroadcastId(uuid4()), channel.id, "node-a", NOW))


async def is_live(engine: AsyncEngine, channel: Channel) -> bool:
    async with PostgresStreamingUnitOfWork(engine) as unit:
        return await unit.broadcasts.running_of(channel.id) is not None


async def test_a_renaming_cut_short_is_completed_and_an_older_one_changes_nothing(
    engine: AsyncEngine, channels: ChannelUseCases, ada: Channel
) -> None:
    later = NOW + timedelta(days=14)
    first = AccountRenamed(ada.owner_id, AccountName("lovelace"), AccountName("ada"), NOW)
    second = AccountRenamed(ada.owner_id, AccountName("byron"), AccountName("lovelace"), later)
    await publish(
        engine,
        second.to_cloud_event(event_id=uuid4(), time=NOW),
        first.to_cloud_event(event_id=uuid4(), time=NOW),  # told late, or twice
    )

    async def is_renamed() -> bool:
        try:
            return (await channels.channel_by_name(ANONYMOUS, "byron")).renamed_at == later
        except NotFound:
            return False

    await until(is_renamed)
    other = await channels.manager.create(AccountId(uuid4()), AccountName("grace"))
    marker = AccountRenamed(other.owner_id, AccountName("hopper"), AccountName("grace"), NOW)
    await publish(engine, marker.to_cloud_event(event_id=uuid4(), time=NOW))

    async def all_is_handled() -> bool:
        return (await channels.find_channels.by_id(other.id)).name.value == "hopper"

    await until(all_is_handled)
    assert (await channels.find_channels.by_id(ada.id)).name.value == "byron"


async def test_a_suspended_channel_goes_off_air_and_the_deed_is_written_down(
    engine: AsyncEngine, ada: Channel
) -> None:
    await go_live(engine, ada)
    event = ChannelSuspended(
        ada.id, ada.owner_id, ada.name, 2, BOB, AccountName("bob"), "spam"
    ).to_cloud_event(event_id=IDS.uuid(), time=NOW)
    await publish(engine, event)

    async def is_off_air() -> bool:
        return not await is_live(engine, ada)

    await until(is_off_air)
    async with PostgresAccountsUnitOfWork(engine) as unit:
        (entry,) = await unit.audit_log.page(before=None, limit=10)
    assert (entry.id.uuid, entry.what, entry.subject_name, entry.by_name, entry.reason) == (
        event.id,
        "suspend_channel",
        "ada",
        AccountName("bob"),
        "spam",
    )


async def test_a_deed_whose_node_stopped_before_it_was_written_down_is_written_down_once(
    engine: AsyncEngine, channels: ChannelUseCases
) -> None:
    administrator = Actor(BOB, AccountName("bob"), is_administrator=True)
    event = Deeds(RecordedDeeds(), CLOCK, IDS).event(administrator, "end_broadcast", BOB, "bob", "noise")
    await publish(engine, event)
    await build_deed_log(engine)(AdministratorActed.deed(event))
    made = await channels.create_category(administrator, "Kites")

    async def written() -> list[AuditEntry]:
        async with PostgresAccountsUnitOfWork(engine) as unit:
            return list(await unit.audit_log.page(before=None, limit=10))

    async def is_handled() -> bool:
        async with PostgresTransaction(engine) as transaction:
            found = await transaction.connection.execute(
                text("SELECT count(*) FROM eventbus.inbox WHERE consumer = 'audit_log'")
            )
        return found.scalar_one() == 2

    await until(is_handled)
    assert sorted((one.what, one.subject, one.by_name, one.reason) for one in await written()) == [
        ("create_category", str(made.id), administrator.name, ""),
        ("end_broadcast", str(BOB), administrator.name, "noise"),
    ]


async def test_the_channel_of_a_suspended_account_is_in_no_list_until_that_is_lifted(
    engine: AsyncEngine, channels: ChannelUseCases
) -> None:
    accounts = build_accounts(engine, CLOCK, IDS, KeyRing("k1", {"k1": b"k" * 32}), FakePasswordHasher())
    eve = (await accounts.sign_up("eve", "correct horse battery")).account
    await channels.manager.create(eve.id, eve.name)
    root = Actor(BOB, AccountName("bob"), is_administrator=True)

    async def shown() -> list[bool]:
        found = (await channels.search(ANONYMOUS, "eve")).channels
        listed = (await channels.list_channels(ANONYMOUS)).channels
        return [any(card.name.value == "eve" for card in cards) for cards in (found, listed)]

    async def is_listed() -> bool:
        return all(await shown())

    async def is_hidden() -> bool:
        return not any(await shown())

    assert await is_listed()
    await accounts.suspend_account(root, "eve", reason="spam", until=None)
    await until(is_hidden)
    with pytest.raises(Suspended):
        await channels.channel_by_name(ANONYMOUS, "eve")
    await accounts.lift_suspension(root, "eve", reason="a mistake")
    await until(is_listed)
    assert await channels.channel_by_name(ANONYMOUS, "eve")


async def test_a_block_takes_the_role_away(engine: AsyncEngine, ada: Channel) -> None:
    async with PostgresChannelUnitOfWork(engine) as unit:
        await unit.roles.put(RoleGrant(ada.id, BOB, ChannelRole.EDITOR, NOW))
    blocked = PersonBlocked(ada.owner_id, BOB, NOW)
    await publish(engine, blocked.to_cloud_event(event_id=uuid4(), time=NOW))

    async def has_none() -> bool:
        async with PostgresChannelUnitOfWork(engine) as unit:
            return await unit.roles.of(ada.id, BOB) is None

    await until(has_none)


async def test_of_an_erased_account_nothing_is_left(
    engine: AsyncEngine, channels: ChannelUseCases, ada: Channel
) -> None:
    bobs = await channels.manager.create(BOB, AccountName("bob"))
    open_room = OpenChatRoom(lambda: PostgresChatUnitOfWork(engine), channels.find_channels, CLOCK, IDS)
    rooms = [await open_room("ada"), await open_room("bob")]
    for room in rooms:
        draft = draft_chat_message(
            room, ada.owner_id, "ada", message_id=MessageId(IDS.uuid()), nonce="n", text="hello", now=NOW
        )
        async with PostgresChatUnitOfWork(engine) as work:
            await work.messages.append(room.conversation_id, [draft])
    async with PostgresChannelUnitOfWork(engine) as unit:
        await unit.roles.put(RoleGrant(bobs.id, ada.owner_id, ChannelRole.EDITOR, NOW))
    await go_live(engine, ada)
    await go_live(engine, bobs)
    async with PostgresSocialUnitOfWork(engine) as social:
        for channel in (ada, bobs):
            tally = await social.follows.tally(BOB, NOW)
            await social.follows.add(Follow(BOB, channel.id, NOW, notifies=True), tally.with_one_more(NOW))
    erased = AccountErased(ada.owner_id, AccountName("ada"), NOW)
    await publish(engine, erased.to_cloud_event(event_id=uuid4(), time=NOW))

    async def room_is_gone() -> bool:
        async with PostgresChatUnitOfWork(engine) as work:
            return await work.rooms.conversation_of(ada.id) is None

    await until(room_is_gone)
    with pytest.raises(NotFound):
        await channels.channel_by_name(ANONYMOUS, "ada")
    async with PostgresChannelUnitOfWork(engine) as unit:
        assert await unit.roles.count(bobs.id) == 0
        assert not await unit.channels.was_erased(ada.owner_id)
    async with PostgresStreamingUnitOfWork(engine) as streaming:
        assert await streaming.stream_keys.of_channel(ada.id) == []
        assert len(await streaming.stream_keys.of_channel(bobs.id)) == 1
    assert not await is_live(engine, ada)
    assert await is_live(engine, bobs)
    async with PostgresSocialUnitOfWork(engine) as social:
        assert [await social.follows.followers(one.id) for one in (ada, bobs)] == [0, 1]
    async with PostgresChatUnitOfWork(engine) as work:
        (said,) = await work.messages.after(rooms[1].conversation_id, 0, 10)
    assert (said.body, said.extension["name"]) == ("hello", "deleted account")
