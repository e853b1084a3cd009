"""Administrators, suspensions and the log of both, with fakes at the ports."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.contract import MAX_SUSPENSION, valid_reason
from livehouse.access.testing import access_for
from livehouse.accounts.application import personal_data
from livehouse.accounts.application.appoint_administrator import AppointAdministrator
from livehouse.accounts.application.personal_data import AccountsPersonalData
from livehouse.accounts.application.read_administration import FindAccount, ListAccounts, ReadAuditLog
from livehouse.accounts.application.suspend_account import LiftSuspension, SuspendAccount
from livehouse.accounts.contract import AccountId, AccountName, AccountReinstated, AccountSuspended, Actor
from livehouse.accounts.domain.account import Account
from livehouse.accounts.testing import InMemoryAccountsDatabase

NAMES = ("ada", "bob", "grace", "gregor")


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        ids = UuidV7Ids(self.clock)
        access = access_for()
        self.database = InMemoryAccountsDatabase()
        units = self.database.unit_of_work
        self.appoint = AppointAdministrator(units, self.clock, ids)
        self.suspend = SuspendAccount(units, access, self.clock, ids)
        self.lift = LiftSuspension(units, access, self.clock, ids)
        self.find = FindAccount(units, access)
        self.list = ListAccounts(units, access, self.clock)
        self.read_log = ReadAuditLog(units, access)
        self.ids = ids

    async def open(self) -> World:
        for name in NAMES:
            account = Account(AccountId(self.ids.uuid()), AccountName(name), self.clock.now())
            async with self.database.unit_of_work() as unit:
                await unit.accounts.add(account, "hash")
        await self.appoint("ada", is_administrator=True)
        self.pass_time()
        return self

    def pass_time(self) -> None:
        """Ids made in one millisecond have no order."""
        self.clock.advance(timedelta(seconds=1))

    async def actor(self, name: str) -> Actor:
        async with self.database.unit_of_work() as unit:
            account = await unit.accounts.by_name(AccountName(name))
        assert account is not None
        return account.actor(self.clock.now())


@pytest.fixture
async def world() -> World:
    return await World().open()


async def test_a_suspension_counts_until_its_end_and_is_written_down(world: World) -> None:
    ada, until = await world.actor("ada"), world.clock.now() + timedelta(days=1)
    suspended = await world.suspend(ada, "BOB", reason="  spam\n in chats ", until=until)
    assert suspended.suspension is not None
    assert (suspended.suspension.reason, suspended.suspension.until) == ("spam in chats", until)
    assert (await world.actor("bob")).suspension == suspended.suspension
    (event,) = world.database.events
    assert AccountSuspended.from_cloud_event(event).account_id == suspended.id
    assert AccountSuspended.from_cloud_event(event).until == until
    entry = (await world.read_log(ada)).entries[0]
    assert (entry.by, entry.what, entry.subject, entry.reason) == (
        ada.account_id,
        "suspend_account",
        str(suspended.id),
        "spam in chats",
    )
    world.clock.advance(timedelta(days=1))
    assert (await world.actor("bob")).suspension is None
    with pytest.raises(NotFound) as gone:
        await world.lift(ada, "bob", reason="over")
    assert gone.value.slug == "not-suspended"


async def test_the_person_takes_home_what_was_done_to_them_and_not_by_whom(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_data, "_AT_ONCE", 2)
    ada, bob = await world.actor("ada"), (await world.actor("bob")).require_account()
    for number in range(3):
        await world.suspend(ada, "bob", reason=f"spam {number}", until=None)
        await world.suspend(ada, "grace", reason="noise", until=None)
        world.pass_time()
    files = AccountsPersonalData(world.database.unit_of_work).of(bob)
    (deeds,) = (file for file in files if file.name == "audit_log")
    records = [record async for record in deeds.records]
    assert [record["reason"] for record in records] == ["spam 2", "spam 1", "spam 0"]
    assert {str(record["what"]) for record in records} == {"suspend_account"}
    assert "ada" not in str(records)


async def test_a_suspension_is_lifted(world: World) -> None:
    ada = await world.actor("ada")
    await world.suspend(ada, "bob", reason="spam", until=None)
    world.pass_time()
    await world.lift(ada, "bob", reason="a mistake")
    assert (await world.actor("bob")).suspension is None
    told = AccountReinstated.from_cloud_event(world.database.events[-1])
    assert (told.account_id, told.reinstated_at) == ((await world.actor("bob")).account_id, world.clock.now())
    assert [entry.what for entry in (await world.read_log(ada)).entries] == [
        "lift_suspension",
        "suspend_account",
        "make_administrator",
    ]


async def test_what_cannot_be_suspended(world: World) -> None:
    ada, now = await world.actor("ada"), world.clock.now()
    with pytest.raises(Conflict):
        await world.suspend(ada, "ada", reason="me", until=None)
    with pytest.raises(NotFound):
        await world.suspend(ada, "nobody", reason="spam", until=None)
    for reason in ("", " \n", "\u202e", "x" * 501):
        with pytest.raises(Invalid):
            await world.suspend(ada, "bob", reason=reason, until=None)
    for until in (now, now - timedelta(days=1), now + MAX_SUSPENSION + timedelta(seconds=1)):
        with pytest.raises(Invalid):
            await world.suspend(ada, "bob", reason="spam", until=until)
    assert (await world.actor("bob")).suspension is None
    assert world.database.events == []


async def test_an_administrator_is_made_and_unmade_once(world: World) -> None:
    ada = await world.actor("ada")
    await world.suspend(ada, "bob", reason="spam", until=None)
    for _ in range(2):
        await world.appoint("Bob", is_administrator=True)
    bob = await world.actor("bob")
    assert (bob.is_administrator, bob.suspension) == (True, None)
    assert [entry.what for entry in (await world.read_log(bob)).entries].count("make_administrator") == 2
    await world.appoint("bob", is_administrator=False)
    with pytest.raises(Forbidden):
        await world.read_log(await world.actor("bob"))
    with pytest.raises(NotFound):
        await world.appoint("nobody", is_administrator=True)


async def test_people_and_the_log_come_page_by_page(world: World) -> None:
    ada = await world.actor("ada")
    await world.suspend(ada, "grace", reason="spam", until=None)
    first = await world.list(ada, limit=3)
    rest = await world.list(ada, limit=3, cursor=first.next_cursor)
    assert [account.name.value for account in (*first.accounts, *rest.accounts)] == list(NAMES)
    assert rest.next_cursor is None
    assert [one.name.value for one in (await world.list(ada, prefix="GR")).accounts] == ["grace", "gregor"]
    assert [one.name.value for one in (await world.list(ada, suspended_only=True)).accounts] == ["grace"]
    assert (await world.find(ada, "Grace")).suspension is not None
    log = await world.read_log(ada, limit=1)
    older = await world.read_log(ada, limit=1, cursor=log.next_cursor)
    assert [one.what for one in (*log.entries, *older.entries)] == ["suspend_account", "make_administrator"]
    for cursor in ("", "x", "ä", "acc-0"):
        with pytest.raises(Invalid):
            await world.list(ada, cursor=cursor)
        with pytest.raises(Invalid):
            await world.read_log(ada, cursor=cursor)


def test_a_reason_is_one_line_without_tricks() -> None:
    assert valid_reason("a\u202e b\x00\tc") == "a b c"
