"""What storage of follows promises: in-memory and PostgreSQL pass the same suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from livehouse.accounts.contract import AccountId
from livehouse.channel.contract import ChannelId
from livehouse.social.application.ports import Bond, Place, UnitOfWorkFactory
from livehouse.social.contract import Support
from livehouse.social.domain.follow import Follow

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = AccountId(UUID(int=1)), AccountId(UUID(int=2))
CHANNEL, OTHER = ChannelId(UUID(int=11)), ChannelId(UUID(int=12))


async def follow(
    unit_of_work: UnitOfWorkFactory, account: AccountId, channel: ChannelId = CHANNEL, at: datetime = NOW
) -> Follow:
    made = Follow(account, channel, at)
    async with unit_of_work() as unit:
        tally = await unit.follows.tally(account, at)
        await unit.follows.add(made, tally.with_one_more(at))
    return made


async def counted(unit_of_work: UnitOfWorkFactory, channel: ChannelId = CHANNEL) -> int:
    async with unit_of_work() as unit:
        return await unit.follows.followers(channel)


async def followed(unit_of_work: UnitOfWorkFactory, account: AccountId) -> int:
    async with unit_of_work() as unit:
        return (await unit.follows.tally(account, NOW)).follows


async def test_a_follow_is_found_counted_and_removed(unit_of_work: UnitOfWorkFactory) -> None:
    made = await follow(unit_of_work, ADA)
    async with unit_of_work() as unit:
        assert await unit.follows.get(ADA, CHANNEL) == made
        assert await unit.follows.get(BOB, CHANNEL) is None
        assert await unit.supports.of(CHANNEL, ADA, NOW) == Support(NOW)
        assert await unit.supports.of(CHANNEL, BOB, NOW) == Support()
        assert await unit.supports.bond(CHANNEL, ADA) == Bond(await unit.follows.get(ADA, CHANNEL))
        assert await unit.supports.bond(CHANNEL, BOB) == Bond()
    assert (await counted(unit_of_work), await counted(unit_of_work, OTHER)) == (1, 0)
    assert await followed(unit_of_work, ADA) == 1
    async with unit_of_work() as unit:
        await unit.follows.save(replace(made, notifies=False))
    async with unit_of_work() as unit:
        found = await unit.follows.get(ADA, CHANNEL)
        assert found is not None
        assert not found.notifies
        tally = await unit.follows.tally(ADA, NOW)
        await unit.follows.remove(found, tally.with_one_less())
    assert (await counted(unit_of_work), await followed(unit_of_work, ADA)) == (0, 0)


async def test_what_fails_leaves_neither_follow_nor_count(unit_of_work: UnitOfWorkFactory) -> None:
    with pytest.raises(RuntimeError):
        async with unit_of_work() as unit:
            tally = await unit.follows.tally(ADA, NOW)
            await unit.follows.add(Follow(ADA, CHANNEL, NOW), tally.with_one_more(NOW))
            raise RuntimeError("the use case failed")
    async with unit_of_work() as unit:
        assert await unit.follows.get(ADA, CHANNEL) is None
    assert (await counted(unit_of_work), await followed(unit_of_work, ADA)) == (0, 0)


async def test_a_tally_keeps_its_window(unit_of_work: UnitOfWorkFactory) -> None:
    await follow(unit_of_work, ADA)
    later = NOW + timedelta(minutes=1)
    await follow(unit_of_work, ADA, OTHER, later)
    async with unit_of_work() as unit:
        tally = await unit.follows.tally(ADA, later)
    assert (tally.follows, tally.made_in_window, tally.window_started_at) == (2, 2, NOW)


async def test_lists_are_newest_first_and_pages_have_no_gap(unit_of_work: UnitOfWorkFactory) -> None:
    for number in range(7):
        # Some at the same time: the other side's id decides.
        at = NOW + timedelta(seconds=number // 2)
        await follow(unit_of_work, ADA, ChannelId(uuid4()), at)
        await follow(unit_of_work, AccountId(uuid4()), CHANNEL, at)
    async with unit_of_work() as unit:
        mine = await unit.follows.of_account(ADA, after=None, limit=100)
        followers = await unit.follows.of_channel(CHANNEL, after=None, limit=100)
        assert len(mine) == len(followers) == 7
        assert [(one.followed_at, one.channel_id.uuid) for one in mine] == sorted(
            ((one.followed_at, one.channel_id.uuid) for one in mine), reverse=True
        )
        paged: list[Follow] = []
        page: Sequence[Follow] = mine[:0]
        after: Place | None = None
        while page or after is None:
            page = await unit.follows.of_channel(CHANNEL, after=after, limit=2)
            paged += page
            after = Place(paged[-1].followed_at, paged[-1].account_id)
        assert paged == list(followers)


async def test_a_channel_that_goes_takes_its_follows_along(unit_of_work: UnitOfWorkFactory) -> None:
    for number in range(5):
        await follow(unit_of_work, AccountId(UUID(int=100 + number)))
    await follow(unit_of_work, AccountId(UUID(int=100)), OTHER)
    async with unit_of_work() as unit:
        assert await unit.follows.remove_of_channel(CHANNEL, 3) == 3
    assert await counted(unit_of_work) == 2
    async with unit_of_work() as unit:
        assert await unit.follows.remove_of_channel(CHANNEL, 3) == 2
        assert await unit.follows.remove_of_channel(CHANNEL, 3) == 0
    assert (await counted(unit_of_work), await counted(unit_of_work, OTHER)) == (0, 1)
    assert await followed(unit_of_work, AccountId(UUID(int=100))) == 1
    assert await followed(unit_of_work, AccountId(UUID(int=101))) == 0
