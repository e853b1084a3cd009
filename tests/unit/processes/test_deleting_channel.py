"""A channel goes by the password of its owner only, who hears of it by mail; so they do of another name."""

from __future__ import annotations

import pytest
from tests.unit.accounts.stage import PASSWORD, Stage

from cpc.kernel.errors import Forbidden, RateLimited
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.testing import access_for
from livehouse.accounts.application.check_password import MAX_TRIES, CheckPassword
from livehouse.accounts.application.rename_account import RenameAccount
from livehouse.accounts.application.tell_owner import TellOfChannelDeletion
from livehouse.accounts.contract import Actor
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.delete_channel import RequestChannelDeletion
from livehouse.channel.domain.channel import Channel
from livehouse.channel.testing import InMemoryChannelDatabase
from livehouse.processes.deleting_channel import DeleteChannel


class World:
    def __init__(self) -> None:
        self.stage = Stage()
        self.channels = InMemoryChannelDatabase()

    async def owner(self) -> tuple[Actor, Channel]:
        """Ada with her channel, and how it is deleted."""
        stage, clock = self.stage, self.stage.clock
        ids, units = UuidV7Ids(clock), stage.database.unit_of_work
        ada, _ = await stage.person()
        assert ada.name is not None
        channel = await CreateChannel(self.channels.unit_of_work, clock, ids)(ada.require_account(), ada.name)
        access = access_for((channel.id, ada.require_account()))
        self.delete = DeleteChannel(
            RequestChannelDeletion(self.channels.unit_of_work, access, clock, ids),
            CheckPassword(units, stage.hasher, stage.tokens, clock),
            TellOfChannelDeletion(units, clock, ids),
        )
        self.rename = RenameAccount(units, clock, ids)
        return ada, channel

    async def subjects(self) -> list[str]:
        while await self.stage.send_mail():
            pass
        return [f"{letter.recipient.value} {letter.subject}" for letter in self.stage.mailer.sent]


@pytest.fixture
def world() -> World:
    return World()


async def test_a_stolen_login_cannot_have_a_channel_erased(world: World) -> None:
    ada, channel = await world.owner()
    for _ in range(MAX_TRIES):
        with pytest.raises(Forbidden) as wrong:
            await world.delete(ada, "ada", "a thief's guess")
        assert wrong.value.slug == "wrong-password"
    with pytest.raises(RateLimited):
        await world.delete(ada, "ada", PASSWORD)
    async with world.channels.unit_of_work() as unit:
        assert await unit.channels.by_id(channel.id) == channel
    assert await world.subjects() == []


async def test_whoever_has_no_say_is_refused_before_any_password(world: World) -> None:
    await world.owner()
    bob, _ = await world.stage.person("bob")
    verified = world.stage.hasher.verified
    with pytest.raises(Forbidden) as refused:
        await world.delete(bob, "ada", PASSWORD)
    assert (refused.value.slug, world.stage.hasher.verified) == ("not-allowed", verified)


async def test_the_owner_is_told_once(world: World) -> None:
    ada, _ = await world.owner()
    due = [(await world.delete(ada, "ada", PASSWORD)).deletion_due_at for _ in range(2)]
    assert due[0] is not None
    assert due == [due[0]] * 2
    assert await world.subjects() == ["ada@example.org Livehouse: Your channel will be erased"]
    assert "of 'ada' to be erased in 14 days" in world.stage.mailer.sent[0].text


async def test_the_owner_is_told_of_another_name(world: World) -> None:
    ada, _ = await world.owner()
    await world.rename(ada.require_account(), "Lovelace")
    assert await world.subjects() == ["ada@example.org Livehouse: Your account has another name"]
    assert "called 'Lovelace' now" in world.stage.mailer.sent[0].text
