"""Following channels."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.unit.social.stage import ADA, BOB, CHANNEL, EVE, MODERATOR, Stage

from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from livehouse.access.contract import Role, Supporting
from livehouse.accounts.contract import ANONYMOUS, AccountErased, AccountId, PersonBlocked
from livehouse.channel.contract import ChannelId
from livehouse.social.domain import follow as rules
from livehouse.social.domain.follow import Follow, FollowTally


async def test_following_twice_is_as_once() -> None:
    stage = Stage()
    first = await stage.follow(BOB, "ada")
    stage.clock.advance(timedelta(days=1))
    assert await stage.follow(BOB, "Ada") == first
    assert await stage.count_followers(ANONYMOUS, "ada") == 1
    (event,) = stage.events("FollowCreated")
    assert event.subject == f"social.FollowCreated.v1.{CHANNEL.id}"
    assert event.data["follower_id"] == str(BOB.account_id)
    assert await stage.supporters.of(CHANNEL.id, BOB.require_account()) == Supporting(
        frozenset({Role.FOLLOWER})
    )


async def test_leaving_twice_is_as_once() -> None:
    stage = Stage()
    await stage.follow(BOB, "ada")
    for _ in range(2):
        await stage.unfollow(BOB, "ada")
    assert await stage.count_followers(ANONYMOUS, "ada") == 0
    assert len(stage.events("FollowEnded")) == 1
    assert await stage.supporters.of(CHANNEL.id, BOB.require_account()) == Supporting()


async def test_the_preference_is_kept_until_it_is_changed() -> None:
    stage = Stage()
    assert (await stage.follow(BOB, "ada")).notifies
    assert not (await stage.follow(BOB, "ada", notifies=False)).notifies
    assert not (await stage.follow(BOB, "ada")).notifies
    assert (await stage.follow(BOB, "ada", notifies=True)).notifies
    assert not (await stage.follow(EVE, "ada", notifies=False)).notifies


async def test_nobody_follows_themselves_or_nothing() -> None:
    stage = Stage()
    with pytest.raises(Conflict) as refused:
        await stage.follow(ADA, "ada")
    assert refused.value.slug == "own-channel"
    with pytest.raises(NotFound):
        await stage.follow(ADA, "nobody")


async def test_the_blocked_do_not_follow_and_a_block_ends_the_follow() -> None:
    stage = Stage()
    await stage.follow(EVE, "ada")
    stage.people.blocks.add((ADA.require_account(), EVE.require_account()))
    event = PersonBlocked(ADA.require_account(), EVE.require_account(), stage.clock.now())
    for _ in range(2):  # events come at least once
        await stage.parting.person_blocked(event)
    assert await stage.count_followers(ANONYMOUS, "ada") == 0
    assert len(stage.events("FollowEnded")) == 1
    with pytest.raises(Forbidden) as refused:
        await stage.follow(EVE, "ada")
    assert refused.value.slug == "follow-refused"
    await stage.parting.person_blocked(
        PersonBlocked(EVE.require_account(), ADA.require_account(), event.blocked_at)
    )


async def test_a_block_that_comes_in_between_ends_the_follow_too() -> None:
    stage = Stage()
    stage.people.blocks_at_second_look.add((ADA.require_account(), EVE.require_account()))
    with pytest.raises(Forbidden):
        await stage.follow(EVE, "ada")
    assert await stage.count_followers(ANONYMOUS, "ada") == 0


async def test_one_follows_no_more_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_FOLLOWS", 1)
    stage = Stage()
    await stage.follow(EVE, "ada")
    with pytest.raises(Conflict) as refused:
        await stage.follow(EVE, "bob")
    assert refused.value.slug == "too-many-follows"
    await stage.follow(EVE, "ada", notifies=False)
    await stage.unfollow(EVE, "ada")
    await stage.follow(EVE, "bob")


async def test_following_and_leaving_in_turns_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "NEW_FOLLOWS", 3)
    stage = Stage()
    for _ in range(3):
        await stage.follow(EVE, "ada")
        await stage.unfollow(EVE, "ada")
    with pytest.raises(RateLimited) as refused:
        await stage.follow(EVE, "ada")
    assert refused.value.slug == "follow-rate"
    assert refused.value.retry_after_s == rules.NEW_FOLLOWS_WINDOW.total_seconds()
    stage.clock.advance(rules.NEW_FOLLOWS_WINDOW)
    await stage.follow(EVE, "ada")


def test_a_tally_counts_in_its_window() -> None:
    stage = Stage()
    now = stage.clock.now()
    tally = FollowTally(EVE.require_account(), 0, now, 0)
    for _ in range(rules.NEW_FOLLOWS):
        tally = tally.with_one_more(now)
    with pytest.raises(RateLimited):
        tally.with_one_more(now + rules.NEW_FOLLOWS_WINDOW - timedelta(seconds=1))
    assert tally.with_one_more(now + rules.NEW_FOLLOWS_WINDOW).made_in_window == 1
    assert tally.with_one_less().follows == rules.NEW_FOLLOWS - 1


async def test_lists_name_those_who_are_there() -> None:
    stage = Stage()
    await stage.furnish()
    gone = ChannelId(uuid4())
    async with stage.database.unit_of_work() as unit:
        tally = await unit.follows.tally(EVE.require_account(), stage.clock.now())
        made = Follow(EVE.require_account(), gone, stage.clock.now())
        await unit.follows.add(made, tally.with_one_more(stage.clock.now()))
    for name in ("ada", "bob"):
        stage.clock.advance(timedelta(seconds=1))
        await stage.follow(EVE, name)
    seen, cursor = [], None
    for _ in range(3):
        page = await stage.list_following(EVE, cursor=cursor, limit=1)
        seen += [channel.name.value for channel, _ in page.follows]
        cursor = page.next_cursor
    assert seen == ["bob", "ada"]
    assert cursor is None
    followers = await stage.list_followers(MODERATOR, "ada")
    assert [person.name.value for person, _ in followers.followers] == ["eve"]
    for cursor in ("rubbish", "%%%", "é", "MTcw"):
        with pytest.raises(Invalid) as refused:
            await stage.list_following(EVE, cursor=cursor)
        assert refused.value.slug == "malformed-cursor"


async def test_what_an_erased_account_followed_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livehouse.social.application.follow_channel.ERASED_IN_A_ROW", 2)
    stage = Stage()
    channels = [ChannelId(uuid4()) for _ in range(5)]
    async with stage.database.unit_of_work() as unit:
        for channel_id in channels:
            tally = await unit.follows.tally(EVE.require_account(), stage.clock.now())
            made = Follow(EVE.require_account(), channel_id, stage.clock.now())
            await unit.follows.add(made, tally.with_one_more(stage.clock.now()))
    await stage.follow(BOB, "ada")
    assert EVE.name is not None
    erased = AccountErased(EVE.require_account(), EVE.name, stage.clock.now())
    for _ in range(2):
        await stage.parting.account_erased(erased)
    assert {follow.account_id for follow in stage.database.tables.follows.values()} == {BOB.account_id}
    assert len(stage.events("FollowEnded")) == 5


async def test_what_followed_a_channel_that_is_gone_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livehouse.social.application.follow_channel.ERASED_IN_A_ROW", 2)
    stage = Stage()
    for actor in (BOB, EVE, MODERATOR):
        await stage.follow(actor, "ada")
    await stage.follow(EVE, "bob")
    await stage.end_follow.all_of_channel(CHANNEL.id)
    assert [follow.account_id for follow in stage.database.tables.follows.values()] == [EVE.account_id]


async def test_the_relationship_is_what_binds_one() -> None:
    stage = Stage()
    assert (await stage.relationship(EVE, "ada")).roles == set()
    await stage.follow(EVE, "ada", notifies=False)
    relationship = await stage.relationship(EVE, "ada")
    assert relationship.roles == {Role.FOLLOWER}
    assert relationship.follow is not None
    assert not relationship.follow.notifies
    assert (await stage.relationship(ADA, "ada")).roles == {Role.OWNER}


async def test_the_export_holds_every_follow() -> None:
    stage = Stage()
    await stage.follow(EVE, "ada")
    await stage.follow(EVE, "bob")
    files = {
        one.name: [record async for record in one.records]
        for one in stage.personal_data.of(EVE.require_account())
    }
    assert {record["channel"] for record in files["social/follows"]} == {"ada", "bob"}
    nobody = stage.personal_data.of(AccountId(uuid4()))
    assert [[record async for record in one.records] for one in nobody] == [[], [], [], []]
