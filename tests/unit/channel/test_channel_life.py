"""The life of channels with fakes at the ports: what is told, what is taken home, what happens twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Conflict, Moved, NotFound
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import Role, Suspension
from livehouse.access.testing import InMemoryStandings
from livehouse.accounts.application.personal_data import FindDeeds
from livehouse.accounts.application.queries import FindNames, FindPersonCards
from livehouse.accounts.application.record_deed import RecordDeed
from livehouse.accounts.contract import AccountId, AccountName, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.testing import FakePeople, InMemoryAccountsDatabase, RecordedDeeds
from livehouse.channel.application import personal_data as personal_data_module
from livehouse.channel.application import roles as roles_module
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.delete_channel import EraseChannels, RequestChannelDeletion
from livehouse.channel.application.personal_data import ChannelPersonalData
from livehouse.channel.application.queries import FindChannels, FindStandings
from livehouse.channel.application.rename_channel import TakeAccountName
from livehouse.channel.application.roles import (
    GrantRole,
    ListOwnChannels,
    ListRoles,
    RevokeRole,
    TakeRolesAway,
)
from livehouse.channel.application.suspend_channel import ReinstateChannel, SuspendChannel
from livehouse.channel.contract import ChannelSuspended
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.role_grant import ChannelRole
from livehouse.channel.domain.schedule import Vacation
from livehouse.channel.testing import InMemoryChannelDatabase

ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))
BOB = Actor(AccountId(UUID(int=2)), AccountName("bob"))
EVE = Actor(AccountId(UUID(int=3)), AccountName("eve"))
ROOT = Actor(AccountId(UUID(int=4)), AccountName("in_charge"), is_administrator=True)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ids = UuidV7Ids(self.clock)
        self.database = InMemoryChannelDatabase()
        self.accounts = InMemoryAccountsDatabase()
        units = self.database.unit_of_work
        standings = FindStandings(units, self.clock)
        access = DecideAccess(standings, InMemoryStandings().supporters, self.clock)
        names, cards = FindNames(self.accounts.unit_of_work), FindPersonCards(self.accounts.unit_of_work)
        people = FakePeople(ADA, BOB, EVE, blocks=frozenset({(ADA.require_account(), EVE.require_account())}))
        self.standings = standings
        self.channels = FindChannels(units, self.clock)
        self.create = CreateChannel(units, self.clock, self.ids)
        self.grant = GrantRole(units, access, people, names, cards, self.clock, self.ids)
        self.revoke = RevokeRole(units, access, names, self.clock, self.ids)
        self.list_roles = ListRoles(units, access, cards)
        self.list_own_channels = ListOwnChannels(units, access, self.clock)
        self.take_roles_away = TakeRolesAway(units)
        self.request_deletion = RequestChannelDeletion(units, access, self.clock, self.ids)
        self.erase = EraseChannels(units, self.clock, self.ids)
        self.take_name = TakeAccountName(units, self.clock, self.ids)
        self.log = RecordedDeeds()
        self.deed_history = FindDeeds(self.accounts.unit_of_work)
        self.suspend = SuspendChannel(units, access, self.log, self.clock, self.ids)
        self.reinstate = ReinstateChannel(units, access, self.log, self.clock, self.ids)

    async def furnish(self) -> Channel:
        async with self.accounts.unit_of_work() as unit:
            for actor in (ADA, BOB, EVE):
                assert actor.name is not None
                await unit.accounts.add(
                    Account(actor.require_account(), actor.name, self.clock.now()), "fake$"
                )
        return await self.create(ADA.require_account(), AccountName("ada"))

    def told(self) -> list[str]:
        return [event.type.split(".")[-2] for event in self.database.events]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.furnish()
    return world


@pytest.fixture
async def ada(world: World) -> Channel:
    async with world.database.unit_of_work() as unit:
        channel = await unit.channels.by_owner(ADA.require_account())
    assert channel is not None
    return channel


async def test_a_role_counts_at_once_and_is_told_once(world: World, ada: Channel) -> None:
    first = await world.grant(ADA, "ada", "Bob", ChannelRole.MODERATOR)
    world.clock.advance(timedelta(hours=1))
    assert await world.grant(ADA, "ada", "bob", ChannelRole.MODERATOR) == first
    assert (await world.standings.of(ada.id, BOB.account_id)).roles == {Role.MODERATOR}
    await world.grant(ADA, "ada", "bob", ChannelRole.EDITOR)
    assert (await world.standings.of(ada.id, BOB.account_id)).roles == {Role.EDITOR}
    await world.revoke(ADA, "ada", "bob")
    assert (await world.standings.of(ada.id, BOB.account_id)).roles == set()
    with pytest.raises(NotFound):
        await world.revoke(ADA, "ada", "bob")
    assert [event.data["role"] for event in world.database.events if "role" in event.data] == [
        "moderator",
        "editor",
        None,
    ]


async def test_who_gets_no_role(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, slug in (("ada", "is-owner"), ("eve", "person-blocked")):
        with pytest.raises(Conflict) as refused:
            await world.grant(ADA, "ada", name, ChannelRole.VIP)
        assert refused.value.slug == slug
    monkeypatch.setattr(roles_module, "MAX_ROLES", 0)
    with pytest.raises(Conflict) as refused:
        await world.grant(ADA, "ada", "bob", ChannelRole.VIP)
    assert refused.value.slug == "too-many-roles"


async def test_one_whose_account_is_gone_is_in_no_list(world: World, ada: Channel) -> None:
    await world.grant(ADA, "ada", "bob", ChannelRole.VIP)
    async with world.accounts.unit_of_work() as unit:
        account = await unit.accounts.by_id(BOB.require_account())
        assert account is not None
        await unit.accounts.erase(account, world.clock.now())
    assert (await world.list_roles(ADA, "ada")).holders == []
    await world.take_roles_away(BOB.require_account(), ada.id)
    await world.take_roles_away(BOB.require_account())
    async with world.database.unit_of_work() as units:
        assert await units.roles.count(ada.id) == 0


async def test_an_older_renaming_changes_nothing_and_one_told_twice_is_done_once(
    world: World, ada: Channel
) -> None:
    now = world.clock.now()
    renamed = await world.take_name(ada.owner_id, AccountName("lovelace"), now + timedelta(days=20))
    assert renamed is not None
    for name, at in (("lovelace", now + timedelta(days=20)), ("byron", now)):
        assert await world.take_name(ada.owner_id, AccountName(name), at) == renamed
    assert world.told() == ["ChannelCreated", "ChannelRenamed"]
    with pytest.raises(Moved) as moved:
        await world.channels.by_name("ADA")
    assert (moved.value.asked_for, moved.value.now_called) == ("ADA", "lovelace")
    assert await world.take_name(BOB.require_account(), AccountName("bobby"), now) is None


async def test_a_channel_that_takes_its_old_name_back_moves_once(world: World, ada: Channel) -> None:
    at = world.clock.now()
    for name in ("lovelace", "ada", "lovelace"):
        at += timedelta(days=14)
        await world.take_name(ada.owner_id, AccountName(name), at)
    assert (await world.channels.by_name("lovelace")).id == ada.id
    with pytest.raises(Moved):
        await world.channels.by_name("ada")
    world.clock.advance(timedelta(days=42 + 90))
    assert not await world.erase()
    with pytest.raises(NotFound) as missing:
        await world.channels.by_name("ada")
    assert missing.value.slug == "no-such-channel"


async def test_what_an_administrator_did_is_told_with_the_deed(world: World, ada: Channel) -> None:
    world.log.is_away = True
    await world.suspend(ROOT, "ada", reason=" spam\n", until=None)
    assert world.log.deeds == []
    event = world.database.events[-1]
    deed = ChannelSuspended.deed(event)
    assert (deed.id, deed.what, deed.by, deed.subject, deed.subject_name, deed.reason) == (
        event.id,
        "suspend_channel",
        ROOT.account_id,
        str(ada.id),
        "ada",
        "spam",
    )
    world.log.is_away = False
    await world.reinstate(ROOT, "ada", reason="a mistake")
    assert [one.what for one in world.log.deeds] == ["reinstate_channel"]
    with pytest.raises(NotFound) as refused:
        await world.reinstate(ROOT, "ada", reason="again")
    assert refused.value.slug == "not-suspended"
    assert world.told() == ["ChannelCreated", "ChannelSuspended", "ChannelReinstated"]


async def test_an_erased_account_takes_its_channel_and_roles_along(world: World, ada: Channel) -> None:
    bobs = await world.create(BOB.require_account(), AccountName("bob"))
    await world.grant(ADA, "ada", "bob", ChannelRole.EDITOR)
    for _ in range(2):  # events come at least once
        await world.erase.of_account(BOB.require_account())
    assert world.told().count("ChannelDeleted") == 1
    async with world.database.unit_of_work() as unit:
        assert await unit.channels.by_id(bobs.id) is None
        assert await unit.roles.count(ada.id) == 0
        assert not await unit.channels.was_erased(BOB.require_account())


async def test_an_erased_channel_does_not_come_back_by_itself(world: World, ada: Channel) -> None:
    await world.request_deletion(ADA, "ada")
    world.clock.advance(timedelta(days=14))
    assert await world.erase()
    assert not await world.erase()
    assert await world.create.unless_erased(ADA.require_account(), AccountName("ada")) is None
    assert await world.create.unless_erased(BOB.require_account(), AccountName("bob")) is not None


async def test_a_deletion_does_not_escape_a_suspension(world: World, ada: Channel) -> None:
    asked = await world.request_deletion(ADA, "ada")
    until = world.clock.now() + timedelta(days=20)
    async with world.database.unit_of_work() as unit:
        await unit.channels.save(replace(asked, suspension=Suspension("spam", until)))
    world.clock.advance(timedelta(days=19))
    assert not await world.erase()
    world.clock.advance(timedelta(days=1))
    assert await world.erase(), "what was asked for counts again once the suspension is over"


async def test_ones_channels_tell_the_suspension_that_counts_now(world: World, ada: Channel) -> None:
    async def told(actor: Actor) -> Suspension | None:
        (own,) = (await world.list_own_channels(actor)).channels
        return own.suspension

    await world.grant(ADA, "ada", "bob", ChannelRole.EDITOR)
    day = timedelta(days=1)
    of_channel = Suspension("spam", world.clock.now() + day)
    of_account = Suspension("insults", world.clock.now() + 2 * day)
    async with world.database.unit_of_work() as unit:
        await unit.channels.save(replace(ada, suspension=of_channel, owner_suspension=of_account))
    assert (await told(ADA), await told(BOB)) == (of_channel, of_channel)
    world.clock.advance(day)
    assert (await told(ADA), await told(BOB)) == (of_account, None), "the account's is for the owner alone"
    world.clock.advance(day)
    assert (await told(ADA), await told(BOB)) == (None, None)


async def test_many_broadcasts_are_taken_home_page_by_page(
    world: World, ada: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_data_module, "_AT_ONCE", 2)
    async with world.database.unit_of_work() as unit:
        for number in range(5):
            now = world.clock.now()
            await unit.statistics.save(BroadcastStatistics(ada.id, f"brd_{number}", "Sea", now, now, 0))
    files = ChannelPersonalData(world.database.unit_of_work, world.deed_history).of(ada.owner_id)
    (broadcasts,) = (file for file in files if file.name == "channel/broadcasts")
    assert len({str(one["id"]) async for one in broadcasts.records}) == 5


async def test_what_channels_keep_of_a_person(world: World, ada: Channel) -> None:
    await world.grant(ADA, "ada", "bob", ChannelRole.EDITOR)
    async with world.database.unit_of_work() as unit:
        await unit.channels.save(replace(ada, tags=("sea",)))
        now = world.clock.now()
        await unit.schedule.set_vacation(ada.id, Vacation(now, now + timedelta(days=7)))
        for number in range(3):
            began = now + timedelta(hours=number)
            one = BroadcastStatistics(ada.id, f"brd_{number}", "Sea", began, began, 0, peak_viewers=number)
            await unit.statistics.save(one)

    async def taken_home(account_id: AccountId) -> dict[str, list[Any]]:
        files = ChannelPersonalData(world.database.unit_of_work, world.deed_history).of(account_id)
        return {file.name: [record async for record in file.records] for file in files}

    await world.suspend(ROOT, "ada", reason="spam", until=None)
    for deed in world.log.deeds:
        await RecordDeed(world.accounts.unit_of_work)(deed)
    of_ada, of_bob = await taken_home(ada.owner_id), await taken_home(BOB.require_account())
    assert of_ada["channel/audit_log"] == [
        {"at": now.isoformat(), "what": "suspend_channel", "name": "ada", "reason": "spam"}
    ]
    assert of_bob["channel/audit_log"] == []
    assert (of_ada["channel"][0]["tags"], of_ada["channel"][0]["privacy"]) == (["sea"], "public")
    assert of_ada["channel/vacation"] == [
        {"starts_at": "2026-01-01T00:00:00+00:00", "ends_at": "2026-01-08T00:00:00+00:00"}
    ]
    assert [(one["id"], one["peak_viewers"]) for one in of_ada["channel/broadcasts"]] == [
        ("brd_2", 2),
        ("brd_1", 1),
        ("brd_0", 0),
    ]
    assert of_bob["channel/vacation"] == of_bob["channel/broadcasts"] == []
    assert of_ada["roles"] == of_bob["channel"] == []
    assert of_bob["roles"] == [{"channel": "ada", "role": "editor"}]
