"""Modes of chats, and rooms that close while people are in them, through real gateways."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from livehouse.channel.contract import Privacy
from livehouse.channel.domain.channel import ChatModesChange, SettingsChange
from livehouse.channel.domain.role_grant import ChannelRole
from livehouse.chat.adapters import doorkeeper

pytestmark = pytest.mark.integration


async def test_chat_modes_are_answered_in_frames(house: Any) -> None:
    ada, bob = await house.sign_up("ada"), await house.sign_up("bob")
    gateway = await house.gateway(identity_trusted_s=0.0)
    at_ada, at_bob = await house.enter(gateway, "ada", ada), await house.enter(gateway, "ada", bob)
    owner = await house.accounts.resolve_actor(ada.token)
    await house.channel.change_channel(
        owner, "ada", SettingsChange(chat_modes=ChatModesChange(slow_mode_s=600))
    )
    await at_bob.hear("ack", nonce=await at_bob.say("first"))
    refused = await at_bob.hear("error", nonce=await at_bob.say("second"))
    assert refused["error"]["type"] == "/problems/slow-mode"
    assert 0 < refused["error"]["retry_after_s"] <= 600
    for _ in range(2):
        await at_ada.hear("ack", nonce=await at_ada.say("the owner goes on"))
    await house.channel.change_channel(
        owner, "ada", SettingsChange(chat_modes=ChatModesChange(slow_mode_s=0, followers_only_min=0))
    )
    refused = await at_bob.hear("error", nonce=await at_bob.say("third"))
    assert refused["error"]["type"] == "/problems/followers-only"
    await house.channel.change_channel(
        owner, "ada", SettingsChange(chat_modes=ChatModesChange(members_only=True))
    )
    refused = await at_bob.hear("error", nonce=await at_bob.say("fourth"))
    assert refused["error"]["type"] == "/problems/members-only"


async def test_a_channel_for_members_only_lets_nobody_else_into_its_chat(house: Any) -> None:
    ada, bob = await house.sign_up("ada"), await house.sign_up("bob")
    gateway = await house.gateway(identity_trusted_s=0.0)
    owner = await house.accounts.resolve_actor(ada.token)
    await house.channel.change_channel(owner, "ada", SettingsChange(privacy=Privacy.MEMBERS_ONLY))
    await house.enter(gateway, "ada", ada)
    for person, slug in ((bob, "members-only"), (None, "sign-in-required")):
        headers = {"Authorization": f"Bearer {person.token}"} if person else {}
        refused = await house.connect(gateway, "ada", additional_headers=headers)
        assert (await refused.hear("error"))["error"]["type"] == f"/problems/{slug}"
        assert await refused.closed() == 4403


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(doorkeeper, "ASK_AGAIN_S", 0.2)


@pytest.mark.usefixtures("watchful")
async def test_who_may_not_read_a_room_any_more_is_told_why_and_shown_out(house: Any) -> None:
    ada, bob, eve = [await house.sign_up(name) for name in ("ada", "bob", "eve")]
    gateway = await house.gateway()
    owner = await house.accounts.resolve_actor(ada.token)
    await house.channel.grant_role(owner, "ada", "eve", ChannelRole.VIP)
    at_ada, at_bob, at_eve = [await house.enter(gateway, "ada", person) for person in (ada, bob, eve)]
    unknown = [await house.enter(gateway, "ada") for _ in range(3)]

    await house.channel.change_channel(owner, "ada", SettingsChange(privacy=Privacy.MEMBERS_ONLY))
    assert await at_bob.closed() == 4403
    assert (await at_bob.hear("error"))["error"]["type"] == "/problems/members-only"
    for visitor in unknown:
        assert await visitor.closed() == 4403
        assert (await visitor.hear("error"))["error"]["type"] == "/problems/sign-in-required"
    await at_ada.say("just us")
    assert await at_eve.seqs_until(1) == [1]
    await house.channel.revoke_role(owner, "ada", "eve")
    assert await at_eve.closed() == 4403
    assert (await at_eve.hear("error"))["error"]["type"] == "/problems/members-only"
    await at_ada.hear("ack", nonce=await at_ada.say("just me"))


@pytest.mark.usefixtures("watchful")
async def test_in_a_chat_for_members_everybody_reads_on_and_is_told_of_the_mode(house: Any) -> None:
    ada, bob = await house.sign_up("ada"), await house.sign_up("bob")
    gateway = await house.gateway()
    at_ada, at_bob = await house.enter(gateway, "ada", ada), await house.enter(gateway, "ada", bob)
    modes = {"slow_mode_s": 0, "followers_only_min": None, "members_only": False, "emotes_only": False}
    assert (await at_bob.hear("welcome"))["modes"] == modes
    owner = await house.accounts.resolve_actor(ada.token)
    await house.channel.change_channel(
        owner, "ada", SettingsChange(chat_modes=ChatModesChange(members_only=True, slow_mode_s=5))
    )
    assert await at_bob.hear("modes") == {
        "type": "modes",
        "modes": {**modes, "members_only": True, "slow_mode_s": 5},
    }
    await at_ada.say("members speak, all read")
    assert await at_bob.seqs_until(1) == [1]
    assert (await (await house.enter(gateway, "ada")).hear("welcome"))["modes"]["members_only"] is True


@pytest.mark.usefixtures("watchful")
async def test_a_room_whose_channel_is_gone_is_left_by_all(house: Any) -> None:
    ada = await house.sign_up("ada")
    at_ada = await house.enter(await house.gateway(), "ada", ada)
    async with house.engine.begin() as connection:
        await connection.execute(text("DELETE FROM channel.channel WHERE name = 'ada'"))
    assert await at_ada.closed() == 4404
    assert (await at_ada.hear("error"))["error"]["type"] == "/problems/no-such-channel"


async def test_slow_mode_counts_what_was_said_at_another_gateway(house: Any) -> None:
    ada, bob = await house.sign_up("ada"), await house.sign_up("bob")
    owner = await house.accounts.resolve_actor(ada.token)
    await house.channel.change_channel(
        owner, "ada", SettingsChange(chat_modes=ChatModesChange(slow_mode_s=600))
    )
    here, there, elsewhere = [await house.enter(await house.gateway(), "ada", bob) for _ in range(3)]
    first = await here.hear("ack", nonce=await here.say("here", nonce="n-1"))
    for _ in range(2):  # by the commit, then by what the gateway knows from it
        refused = await there.hear("error", nonce=await there.say("and there"))
        assert refused["error"]["type"] == "/problems/slow-mode"
        assert 500 < refused["error"]["retry_after_s"] <= 600
    for chatter in (here, elsewhere):  # the same line again is no second one
        again = await chatter.hear("ack", nonce=await chatter.say("here", nonce="n-1"))
        assert again["seq"] == first["seq"]
    await house.channel.change_channel(
        owner, "ada", SettingsChange(chat_modes=ChatModesChange(slow_mode_s=0, emotes_only=True))
    )
    anew = await house.enter(await house.gateway(), "ada", bob)
    await anew.hear("ack", nonce=await anew.say("😀 👍🏽"))
    refused = await anew.hear("error", nonce=await anew.say("words"))
    assert refused["error"]["type"] == "/problems/emotes-only"
