"""What storage of channels and their directory promises: in-memory and PostgreSQL pass the same suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cpc.kernel.clock import FakeClock
from livehouse.access.contract import Suspension
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId
from livehouse.accounts.testing import FakePersonCards
from livehouse.channel.application.browse import ListChannels
from livehouse.channel.application.discovery_ports import DirectoryFilter, DirectoryPlace
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelId, ChannelName, ChatModes, Privacy
from livehouse.channel.domain.channel import Channel

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIVE, EVERY = DirectoryFilter(live_only=True), DirectoryFilter()


def channel(name: str = "ada", number: int = 1) -> Channel:
    return Channel(
        ChannelId(UUID(int=number)), AccountId(uuid4()), ChannelName(name), f"{name} plays", "", NOW
    )


async def test_a_channel_is_found_by_id_name_and_owner(unit_of_work: UnitOfWorkFactory) -> None:
    ada = channel()
    async with unit_of_work() as unit:
        assert await unit.channels.add(ada)
    async with unit_of_work() as unit:
        assert await unit.channels.by_id(ada.id) == ada
        assert await unit.channels.by_name(ChannelName("ada")) == ada
        assert await unit.channels.by_name(ChannelName("ada"), for_update=True) == ada
        assert await unit.channels.by_owner(ada.owner_id) == ada
        assert await unit.channels.by_id(ChannelId(uuid4())) is None
        assert await unit.channels.by_name(ChannelName("bob")) is None
        assert await unit.channels.by_owner(AccountId(uuid4())) is None


async def test_one_channel_an_owner_one_owner_a_name(unit_of_work: UnitOfWorkFactory) -> None:
    ada = channel()
    async with unit_of_work() as unit:
        assert await unit.channels.add(ada)
        assert not await unit.channels.add(replace(ada, id=ChannelId(uuid4()), name=ChannelName("second")))
        assert not await unit.channels.add(channel("ada", 2))
        assert await unit.channels.by_name(ChannelName("ada")) == ada


async def test_a_change_is_kept_and_a_failed_one_is_not(unit_of_work: UnitOfWorkFactory) -> None:
    ada = channel()
    changed = replace(
        ada,
        name=ChannelName("grace"),
        title="New",
        version=2,
        tags=("Malerei", "海"),
        language="de",
        is_mature=True,
        is_recorded=True,
        ladder=(720, 360),
        privacy=Privacy.MEMBERS_ONLY,
        chat_modes=ChatModes(slow_mode_s=30, followers_only_min=0, members_only=True, emotes_only=True),
        suspension=Suspension("spam", NOW),
        deletion_due_at=NOW,
        renamed_at=NOW,
    )
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        await unit.channels.save(changed)
    with pytest.raises(RuntimeError):
        async with unit_of_work() as unit:
            await unit.channels.save(replace(ada, title="Lost", version=3))
            raise RuntimeError("the use case failed")
    async with unit_of_work() as unit:
        assert await unit.channels.by_id(ada.id) == changed


async def test_a_broadcast_puts_its_channel_on_the_live_page(unit_of_work: UnitOfWorkFactory) -> None:
    ada, bob = channel("ada", 1), channel("bob", 2)
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        await unit.channels.add(bob)
        await unit.directory.broadcast_started(ada.id, "brd_1", NOW)
        await unit.directory.viewers_counted(ada.id, "brd_1", 7)
        (card,) = await unit.directory.page(LIVE, after=None, limit=10, now=NOW)
        assert (card.id, card.title, card.is_live, card.viewers, card.started_at) == (
            ada.id,
            "ada plays",
            True,
            7,
            NOW,
        )
        everyone = await unit.directory.page(EVERY, after=None, limit=10, now=NOW)
        assert [(one.name.value, one.is_live) for one in everyone] == [("ada", True), ("bob", False)]
        await unit.directory.broadcast_ended(ada.id, "brd_1")
        assert await unit.directory.page(LIVE, after=None, limit=10, now=NOW) == []
        everyone = await unit.directory.page(EVERY, after=None, limit=10, now=NOW)
        assert [(one.viewers, one.started_at) for one in everyone] == [(0, None), (0, None)]


async def test_news_of_an_older_broadcast_changes_nothing(unit_of_work: UnitOfWorkFactory) -> None:
    ada = channel()
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        await unit.directory.broadcast_started(ada.id, "brd_1", NOW)
        await unit.directory.broadcast_started(ada.id, "brd_2", NOW)
        await unit.directory.viewers_counted(ada.id, "brd_1", 99)
        await unit.directory.broadcast_ended(ada.id, "brd_1")
        (card,) = await unit.directory.page(LIVE, after=None, limit=10, now=NOW)
        assert (card.is_live, card.viewers) == (True, 0)
        await unit.directory.broadcast_ended(ada.id, "brd_2")
        await unit.directory.viewers_counted(ada.id, "brd_2", 5)
        (card,) = await unit.directory.page(EVERY, after=None, limit=10, now=NOW)
        assert (card.is_live, card.viewers) == (False, 0)


async def test_pages_follow_each_other_without_gap_or_double(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        for number in range(1, 12):
            one = channel(f"channel_{number:02}", number)
            await unit.channels.add(one)
            if number <= 7:
                await unit.directory.broadcast_started(one.id, f"brd_{number}", NOW)
                await unit.directory.viewers_counted(one.id, f"brd_{number}", number // 2)
        whole = await unit.directory.page(EVERY, after=None, limit=100, now=NOW)
    order = [(not card.is_live, -card.viewers, card.id.uuid) for card in whole]
    assert order == sorted(order)
    assert len(whole) == 11
    list_channels = ListChannels(unit_of_work, FakePersonCards(), access_for(), FakeClock(NOW))
    seen, cursor = [], None
    for _ in range(4):
        page = await list_channels(ANONYMOUS, limit=3, cursor=cursor)
        seen += page.channels
        cursor = page.next_cursor
    assert seen == list(whole)
    assert cursor is None
    async with unit_of_work() as unit:
        last_live = DirectoryPlace(True, 0, ChannelId(UUID(int=1)))
        assert await unit.directory.page(LIVE, after=last_live, limit=10, now=NOW) == []


async def test_unlisted_and_suspended_channels_are_in_no_list(unit_of_work: UnitOfWorkFactory) -> None:
    suspended = Suspension("spam", NOW + timedelta(hours=1))
    async with unit_of_work() as unit:
        for number, one in enumerate(
            (
                channel("open_one", 1),
                replace(channel("hidden", 2), privacy=Privacy.UNLISTED),
                replace(channel("members", 3), privacy=Privacy.MEMBERS_ONLY),
                replace(channel("barred", 4), suspension=suspended),
                replace(channel("gone_for_good", 5), suspension=Suspension("worse", None)),
                replace(channel("owner_barred", 6), owner_suspension=suspended),
                replace(channel("owner_gone", 7), owner_suspension=Suspension("worse", None)),
            )
        ):
            await unit.channels.add(one)
            await unit.directory.broadcast_started(one.id, f"brd_{number}", NOW)
        listed = await unit.directory.page(EVERY, after=None, limit=10, now=NOW)
        assert [(card.name.value, card.privacy) for card in listed] == [
            ("open_one", Privacy.PUBLIC),
            ("members", Privacy.MEMBERS_ONLY),
        ]
        later = NOW + timedelta(hours=1)
        live = await unit.directory.page(LIVE, after=None, limit=10, now=later)
        assert [card.name.value for card in live] == ["open_one", "members", "barred", "owner_barred"]
