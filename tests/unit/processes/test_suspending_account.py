"""Whoever is suspended goes off air, and stays off it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.streaming.stage import CHANNEL, OTHER, OWNER, Stage

from livehouse.access.contract import Suspended, Suspension
from livehouse.accounts.contract import AccountId, AccountName, AccountSuspended, Actor
from livehouse.channel.testing import FakeChannels
from livehouse.processes.suspending_account import TakeSuspendedAccountOffAir
from livehouse.streaming.domain.broadcast import EndReason


class _Owner:
    """`People` with one person, who may be suspended."""

    def __init__(self) -> None:
        self.actor_now = OWNER

    async def actor(self, account_id: AccountId) -> Actor:
        return self.actor_now


async def test_a_suspended_owner_is_taken_off_air_and_cannot_return() -> None:
    owner = _Owner()
    stage = Stage(people=owner)
    await stage.go_live()
    key = (await stage.create_stream_key(OWNER, "ada", "spare")).secret
    owner.actor_now = replace(OWNER, suspension=Suspension("spam", None))
    take_off_air = TakeSuspendedAccountOffAir(FakeChannels(CHANNEL), stage.stop_broadcast)
    event = AccountSuspended(CHANNEL.owner_id, AccountName("ada"), stage.clock.now(), None)
    for _ in range(2):  # events come at least once
        await take_off_air(event)
    assert await stage.broadcast() is None
    (ended,) = stage.database.tables.broadcasts.values()
    assert ended.end_reason is EndReason.ENDED_BY_ADMINISTRATOR
    assert stage.event_names().count("StreamEnded") == 1
    with pytest.raises(Suspended):
        await stage.open_ingest(key, "offer")


async def test_one_without_a_channel_is_no_trouble() -> None:
    stage = Stage()
    await stage.go_live()
    take_off_air = TakeSuspendedAccountOffAir(FakeChannels(CHANNEL), stage.stop_broadcast)
    assert OTHER.account_id is not None
    await take_off_air(AccountSuspended(OTHER.account_id, AccountName("bob"), stage.clock.now(), None))
    assert await stage.broadcast() is not None
