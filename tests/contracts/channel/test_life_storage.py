"""What storage of roles, former names and erased channels promises: in-memory and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from livehouse.access.contract import Suspension
from livehouse.accounts.contract import AccountId
from livehouse.channel.application.discovery_ports import DirectoryFilter
from livehouse.channel.application.ports import RolePlace, UnitOfWorkFactory
from livehouse.channel.contract import ChannelId, ChannelName, Privacy
from livehouse.channel.domain.channel import Channel, ChannelState
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
GRACE = AccountId(UUID(int=100))


def channel(name: str = "ada", number: int = 1) -> Channel:
    owner_id = AccountId(UUID(int=1000 + number))
    return Channel(ChannelId(UUID(int=number)), owner_id, ChannelName(name), f"{name} plays", "", NOW)


def grant(
    account: int, role: ChannelRole = ChannelRole.MODERATOR, channel_id: int = 1, at: datetime = NOW
) -> RoleGrant:
    return RoleGrant(ChannelId(UUID(int=channel_id)), AccountId(UUID(int=account)), role, at)


async def test_one_role_a_person_and_channel(unit_of_work: UnitOfWorkFactory) -> None:
    ada = channel()
    later = replace(grant(100, ChannelRole.EDITOR), granted_at=NOW + timedelta(hours=1))
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        assert await unit.roles.of(ada.id, GRACE) is None
        assert await unit.channels.with_role(ada.id, GRACE) == (ada, None)
        assert await unit.channels.with_role(ada.id, None) == (ada, None)
        assert await unit.channels.with_role(ChannelId(uuid4()), GRACE) is None
        await unit.roles.put(grant(100))
        await unit.roles.put(later)
        assert await unit.roles.of(ada.id, GRACE) == later
        assert await unit.roles.count(ada.id) == 1
        assert await unit.channels.with_role(ada.id, GRACE) == (ada, ChannelRole.EDITOR)
        assert await unit.channels.with_role(ada.id, AccountId(uuid4())) == (ada, None)
    async with unit_of_work() as unit:
        assert await unit.roles.remove(ada.id, GRACE)
        assert not await unit.roles.remove(ada.id, GRACE)
        assert await unit.channels.with_role(ada.id, GRACE) == (ada, None)


async def test_roles_are_read_page_by_page(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        for number in (1, 2, 3):
            await unit.channels.add(channel(f"channel_{number}", number))
        for account, role in ((103, "vip"), (101, "vip"), (102, "editor"), (104, "moderator")):
            await unit.roles.put(grant(account, ChannelRole(role)))
        await unit.roles.put(grant(101, channel_id=2))
        await unit.roles.put(grant(101, ChannelRole.EDITOR, channel_id=3))
        whole = await unit.roles.page(ChannelId(UUID(int=1)), after=None, limit=10)
        assert [one.account_id.uuid.int for one in whole] == [102, 104, 101, 103]
        first = await unit.roles.page(ChannelId(UUID(int=1)), after=None, limit=3)
        place = RolePlace(first[-1].role, first[-1].account_id)
        assert [*first, *await unit.roles.page(ChannelId(UUID(int=1)), after=place, limit=3)] == whole
        of_one = AccountId(UUID(int=101))
        held = await unit.roles.held_by(of_one, after=None, limit=10)
        assert [(one.name.value, role.value) for one, role in held] == [
            ("channel_1", "vip"),
            ("channel_2", "moderator"),
            ("channel_3", "editor"),
        ]
        assert await unit.roles.held_by(of_one, after=held[0][0].id, limit=1) == held[1:2]
        await unit.roles.remove_all(of_one)
        assert await unit.roles.held_by(of_one, after=None, limit=10) == []
        assert await unit.roles.count(ChannelId(UUID(int=1))) == 3


async def test_a_former_name_leads_to_the_channel_until_it_is_forgotten(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    ada, old = replace(channel(), name=ChannelName("lovelace")), ChannelName("ada")
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        assert await unit.channels.by_former_name(old) is None
        await unit.channels.note_former_name(old, ada.id, NOW)
        await unit.channels.note_former_name(old, ada.id, NOW + timedelta(days=1))  # again: counts anew
        assert await unit.channels.by_former_name(old) == ada
        assert await unit.channels.by_name(old) is None
        await unit.channels.forget_former_names_until(NOW)
        assert await unit.channels.by_former_name(old) == ada
        await unit.channels.forget_former_names_until(NOW + timedelta(days=1))
        assert await unit.channels.by_former_name(old) is None
        await unit.channels.note_former_name(old, ada.id, NOW)
        await unit.channels.forget_former_name(old)
        assert await unit.channels.by_former_name(old) is None


@pytest.mark.parametrize("whose", ["suspension", "owner_suspension"])
async def test_a_suspended_channel_is_not_due_for_deletion(
    unit_of_work: UnitOfWorkFactory, whose: str
) -> None:
    later = NOW + timedelta(days=1)
    ada = replace(channel(), deletion_due_at=NOW, **{whose: Suspension("spam", later)})
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        await unit.channels.save(ada)
        assert await unit.channels.due_for_deletion(NOW) is None
        assert await unit.channels.due_for_deletion(later) == ada
        for_good = replace(ada, **{whose: Suspension("spam", None)})
        await unit.channels.save(for_good)
        assert await unit.channels.due_for_deletion(later) is None
        lifted = replace(ada, **{whose: None})
        await unit.channels.save(lifted)
        assert await unit.channels.due_for_deletion(NOW) == lifted


async def test_an_erased_channel_leaves_nothing_but_that_it_was(unit_of_work: UnitOfWorkFactory) -> None:
    ada, bob = channel(), channel("bob", 2)
    ada = replace(ada, deletion_due_at=NOW)
    async with unit_of_work() as unit:
        await unit.channels.add(ada)
        await unit.channels.add(bob)
        await unit.roles.put(grant(100))
        await unit.channels.note_former_name(ChannelName("lovelace"), ada.id, NOW)
        await unit.directory.broadcast_started(ada.id, "brd_1", NOW)
        assert await unit.channels.due_for_deletion(NOW - timedelta(seconds=1)) is None
        assert await unit.channels.due_for_deletion(NOW) == ada
        assert not await unit.channels.was_erased(ada.owner_id)
        await unit.channels.erase(ada, NOW)
    async with unit_of_work() as unit:
        assert await unit.channels.due_for_deletion(NOW) is None
        assert await unit.channels.by_id(ada.id) is None
        assert await unit.channels.by_former_name(ChannelName("lovelace")) is None
        assert await unit.roles.held_by(GRACE, after=None, limit=10) == []
        assert [
            card.id for card in await unit.directory.page(DirectoryFilter(), after=None, limit=9, now=NOW)
        ] == [bob.id]
        assert await unit.channels.was_erased(ada.owner_id)
        assert not await unit.channels.was_erased(bob.owner_id)
        await unit.channels.forget_owner(ada.owner_id)
        assert not await unit.channels.was_erased(ada.owner_id)
        assert await unit.channels.add(ada), "the name and the owner are free again"


async def test_administrators_find_channels_by_state(unit_of_work: UnitOfWorkFactory) -> None:
    soon = NOW + timedelta(hours=1)
    async with unit_of_work() as unit:
        for one in (
            channel("ada", 1),
            replace(channel("adam", 2), suspension=Suspension("spam", soon), privacy=Privacy.UNLISTED),
            replace(channel("bob", 3), suspension=Suspension("spam", None), deletion_due_at=soon),
            replace(channel("a_d", 4), suspension=Suspension("over", NOW)),
        ):
            await unit.channels.add(one)

        async def names(
            prefix: str = "", state: ChannelState | None = None, after: str | None = None, limit: int = 10
        ) -> list[str]:
            place = None if after is None else ChannelName(after)
            found = await unit.channels.page(prefix=prefix, state=state, now=NOW, after=place, limit=limit)
            return [one.name.value for one in found]

        assert await names() == ["a_d", "ada", "adam", "bob"]
        assert await names("ad") == ["ada", "adam"]
        assert await names("a_") == ["a_d"], "an underscore is a letter"
        assert await names("%") == []
        assert await names(state=ChannelState.SUSPENDED) == ["adam", "bob"]
        assert await names(state=ChannelState.DELETING) == ["bob"]
        assert await names(state=ChannelState.ACTIVE) == ["a_d", "ada"]
        assert await names(after="ada", limit=1) == ["adam"]
