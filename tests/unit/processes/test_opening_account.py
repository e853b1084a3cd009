"""An account and its channel, also when the process is cut short between the two."""

from __future__ import annotations

import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound, Unavailable
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.access.testing import access_for
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.sign_in import SignIn
from livehouse.accounts.application.sign_up import SignUp
from livehouse.accounts.contract import ANONYMOUS, AccountOpened
from livehouse.accounts.testing import FakePasswordHasher, InMemoryAccountsDatabase
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.ports import UnitOfWork
from livehouse.channel.application.queries import ChannelByName
from livehouse.channel.testing import InMemoryChannelDatabase
from livehouse.processes.opening_account import GiveChannelToOpenedAccount, OpenAccount, ReturnToAccount

PASSWORD = "correct horse battery"


class World:
    def __init__(self) -> None:
        clock = FakeClock()
        ids = UuidV7Ids(clock)
        self.accounts = InMemoryAccountsDatabase()
        self.channels = InMemoryChannelDatabase()
        self.channel_storage_is_away = False
        tokens = LoginTokens(KeyRing("k", {"k": b"k" * 32}), clock, ids)
        hasher = FakePasswordHasher()
        create_channel = CreateChannel(self._channel_unit, clock, ids)
        sign_up = SignUp(self.accounts.unit_of_work, hasher, tokens, clock, ids, access_for())
        self.open_account = OpenAccount(sign_up, create_channel)
        self.return_to_account = ReturnToAccount(
            SignIn(self.accounts.unit_of_work, hasher, tokens, clock, access_for()), create_channel
        )
        self.give_channel = GiveChannelToOpenedAccount(create_channel)
        self.channel_by_name = ChannelByName(self.channels.unit_of_work, access_for())

    def _channel_unit(self) -> UnitOfWork:
        if self.channel_storage_is_away:
            raise Unavailable("database-away", "away")
        return self.channels.unit_of_work()


@pytest.fixture
def world() -> World:
    return World()


async def test_whoever_signs_up_has_a_channel_of_that_name(world: World) -> None:
    opened = await world.open_account("Ada", PASSWORD)
    assert opened.channel == await world.channel_by_name(ANONYMOUS, "ada")
    assert opened.channel.owner_id == opened.signed_in.account.id


@pytest.fixture
async def cut_short(world: World) -> World:
    world.channel_storage_is_away = True
    with pytest.raises(Unavailable):
        await world.open_account("ada", PASSWORD)
    world.channel_storage_is_away = False
    with pytest.raises(NotFound):
        await world.channel_by_name(ANONYMOUS, "ada")
    return world


async def test_the_next_sign_in_makes_a_missing_channel(cut_short: World) -> None:
    returned = await cut_short.return_to_account("ada", PASSWORD, address="192.0.2.1")
    made = await cut_short.channel_by_name(ANONYMOUS, "ada")
    assert made.owner_id == returned.account.id


async def test_the_event_makes_a_missing_channel_once(cut_short: World) -> None:
    (event,) = cut_short.accounts.events
    await cut_short.give_channel(AccountOpened.from_cloud_event(event))
    made = await cut_short.channel_by_name(ANONYMOUS, "ada")
    await cut_short.give_channel(AccountOpened.from_cloud_event(event))
    await cut_short.return_to_account("ada", PASSWORD, address="192.0.2.1")
    assert await cut_short.channel_by_name(ANONYMOUS, "ada") == made
