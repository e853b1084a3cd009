"""Channels with fakes at the ports: making, changing, finding, following broadcasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import FakeClock
from cpc.kernel.cursors import write_cursor
from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed, Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from cpc.social_integration.events import StreamEnded, StreamStarted
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.contract import ChannelStanding, Role, Suspension
from livehouse.access.testing import InMemoryStandings, access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.accounts.testing import FakePersonCards
from livehouse.channel.application.browse import ListChannels
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.follow_broadcasts import FollowBroadcasts
from livehouse.channel.application.queries import ChannelByName, FindChannels, FindStandings
from livehouse.channel.contract import ChannelChanged, ChannelId, ChatModes, Privacy
from livehouse.channel.domain.channel import MAX_TITLE_CHARACTERS, Channel, ChatModesChange, SettingsChange
from livehouse.channel.domain.role_grant import ChannelRole, RoleGrant
from livehouse.channel.domain.settings import RUNGS, one_line, valid_tags
from livehouse.channel.testing import InMemoryChannelDatabase

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))
BOB = Actor(AccountId(UUID(int=2)), AccountName("bob"))


@pytest.fixture
def database() -> InMemoryChannelDatabase:
    return InMemoryChannelDatabase()


@pytest.fixture
def create(database: InMemoryChannelDatabase) -> CreateChannel:
    clock = FakeClock()
    return CreateChannel(database.unit_of_work, clock, UuidV7Ids(clock))


def changing(database: InMemoryChannelDatabase) -> ChangeChannel:
    """With what the slice itself says of who owns a channel."""
    clock = FakeClock()
    standings = FindStandings(database.unit_of_work, clock)
    access = DecideAccess(standings, InMemoryStandings().supporters, clock)
    return ChangeChannel(database.unit_of_work, access, clock, UuidV7Ids(clock))


@pytest.fixture
async def channel(create: CreateChannel) -> Channel:
    return await create(AccountId(UUID(int=1)), AccountName("ada"))


async def test_making_a_channel_twice_gives_the_same_one(create: CreateChannel, channel: Channel) -> None:
    assert await create(channel.owner_id, AccountName("ada")) == channel


async def test_a_channel_name_of_another_owner_is_taken(create: CreateChannel, channel: Channel) -> None:
    with pytest.raises(Conflict):
        await create(AccountId(UUID(int=2)), AccountName("ada"))


async def test_the_owner_changes_title_and_category(
    database: InMemoryChannelDatabase, channel: Channel
) -> None:
    change = changing(database)
    changed = await change(ADA, "Ada", SettingsChange(title="  Painting\n the  sea "), expected_version=1)
    assert (changed.title, changed.category, changed.version) == ("Painting the sea", "", 2)
    changed = await change(ADA, "ada", SettingsChange(category="Art"))
    assert (changed.title, changed.category, changed.version) == ("Painting the sea", "Art", 3)
    assert await ChannelByName(database.unit_of_work, access_for())(ANONYMOUS, "ada") == changed


async def test_no_change_is_no_new_version(database: InMemoryChannelDatabase, channel: Channel) -> None:
    changed = await changing(database)(ADA, "ada", SettingsChange(title=channel.title), expected_version=1)
    assert changed.version == 1


async def test_who_may_not_change(database: InMemoryChannelDatabase, channel: Channel) -> None:
    change = changing(database)
    with pytest.raises(Unauthenticated):
        await change(ANONYMOUS, "ada", SettingsChange(title="mine"))
    with pytest.raises(Forbidden):
        await change(BOB, "ada", SettingsChange(title="mine"))
    with pytest.raises(NotFound):
        await change(ADA, "nobody", SettingsChange(title="mine"))
    with pytest.raises(PreconditionFailed):
        await change(ADA, "ada", SettingsChange(title="mine"), expected_version=7)
    assert await ChannelByName(database.unit_of_work, access_for())(ANONYMOUS, "ada") == channel


async def test_titles_have_a_limit(database: InMemoryChannelDatabase, channel: Channel) -> None:
    change = changing(database)
    assert (
        await change(ADA, "ada", SettingsChange(title="x" * MAX_TITLE_CHARACTERS))
    ).title == "x" * MAX_TITLE_CHARACTERS
    with pytest.raises(Invalid) as refused:
        await change(ADA, "ada", SettingsChange(title="x" * (MAX_TITLE_CHARACTERS + 1)))
    assert refused.value.slug == "title-too-long"


async def test_settings_are_kept_as_they_are_meant(
    database: InMemoryChannelDatabase, channel: Channel
) -> None:
    wish = SettingsChange(
        tags=[" Malerei ", "malerei", "", "海", "C64"],
        language="DE",
        is_mature=True,
        is_recorded=True,
        ladder=[360, 1080, 720, 720],
        privacy=Privacy.UNLISTED,
        chat_modes=ChatModesChange(slow_mode_s=30, followers_only_min=0),
    )
    changed = await changing(database)(ADA, "ada", wish)
    assert (changed.tags, changed.language, changed.ladder) == (
        ("Malerei", "海", "C64"),
        "de",
        (1080, 720, 360),
    )
    assert (changed.is_mature, changed.is_recorded, changed.privacy) == (True, True, Privacy.UNLISTED)
    assert changed.chat_modes == ChatModes(slow_mode_s=30, followers_only_min=0)
    ref = await FindChannels(database.unit_of_work, FakeClock()).by_name("ada")
    assert (ref.privacy, ref.language, ref.chat_modes) == (Privacy.UNLISTED, "de", changed.chat_modes)
    wish = SettingsChange(
        tags=[], language="", ladder=[], chat_modes=ChatModesChange(followers_only_off=True, emotes_only=True)
    )
    changed = await changing(database)(ADA, "ada", wish)
    assert (changed.tags, changed.language, changed.ladder) == ((), "", ())
    assert changed.chat_modes == ChatModes(slow_mode_s=30, emotes_only=True)
    assert (changed.is_mature, changed.version) == (True, 3)


@pytest.mark.parametrize(
    ("wish", "slug"),
    [
        ({"tags": [f"tag{number}" for number in range(11)]}, "too-many-tags"),
        ({"tags": ["x"] * 1000}, "too-many-tags"),
        ({"tags": ["x" * 26]}, "malformed-tag"),
        ({"tags": ["two words"]}, "malformed-tag"),
        ({"tags": ["a\u202eb"]}, "malformed-tag"),
        ({"language": "english"}, "malformed-language"),
        ({"language": "d"}, "malformed-language"),
        ({"language": "d\u212a"}, "malformed-language"),
        ({"ladder": [721]}, "malformed-ladder"),
        ({"ladder": list(RUNGS[:7])}, "malformed-ladder"),
        ({"chat_modes": ChatModesChange(slow_mode_s=1801)}, "slow-mode-range"),
        ({"chat_modes": ChatModesChange(slow_mode_s=-1)}, "slow-mode-range"),
        ({"chat_modes": ChatModesChange(followers_only_min=129_601)}, "followers-only-range"),
    ],
)
async def test_what_a_setting_cannot_be(
    database: InMemoryChannelDatabase, channel: Channel, wish: dict[str, Any], slug: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await changing(database)(ADA, "ada", SettingsChange(**wish))
    assert refused.value.slug == slug
    assert await ChannelByName(database.unit_of_work, access_for())(ANONYMOUS, "ada") == channel


@given(st.lists(st.text(max_size=30), max_size=12))
def test_tags_that_were_taken_are_taken_again_as_they_are(tags: list[str]) -> None:
    try:
        taken = valid_tags(tags)
    except Invalid:
        return
    assert len(taken) <= 10
    assert all(0 < len(tag) <= 25 for tag in taken)
    assert valid_tags(taken) == taken


async def test_creating_and_changing_are_told(database: InMemoryChannelDatabase, channel: Channel) -> None:
    await changing(database)(ADA, "ada", SettingsChange(title=channel.title))  # nothing is else
    await changing(database)(ADA, "ada", SettingsChange(is_mature=True))
    created, changed = database.events
    assert (created.type, changed.type) == (
        "livehouse.channel.ChannelCreated.v1",
        "livehouse.channel.ChannelChanged.v1",
    )
    assert changed.subject == f"channel.ChannelChanged.v1.{channel.id.uuid.hex}"
    assert (changed.data["channel_id"], changed.data["version"]) == (str(channel.id), 2)
    assert fnmatch(changed.subject, ChannelChanged.subjects().replace(">", "*"))


async def test_what_is_said_of_a_channel_to_those_who_ask_about_access(
    database: InMemoryChannelDatabase, channel: Channel
) -> None:
    clock = FakeClock(NOW)
    until = NOW + timedelta(days=1)
    async with database.unit_of_work() as unit:
        await unit.channels.save(
            replace(
                channel,
                privacy=Privacy.MEMBERS_ONLY,
                chat_modes=ChatModes(members_only=True),
                suspension=Suspension("spam", until),
            )
        )
    standings = FindStandings(database.unit_of_work, clock)
    assert await standings.of(channel.id, ADA.account_id) == ChannelStanding(
        frozenset({Role.OWNER}),
        is_suspended=True,
        privacy=Privacy.MEMBERS_ONLY,
        is_chat_for_members=True,
        suspension=Suspension("spam", until),
    )
    clock.advance(timedelta(days=1))
    for stranger in (BOB.account_id, None):
        assert await standings.of(channel.id, stranger) == ChannelStanding(
            privacy=Privacy.MEMBERS_ONLY, is_chat_for_members=True
        )
    assert await standings.of(ChannelId(uuid4()), ADA.account_id) == ChannelStanding()


async def test_why_its_owner_is_suspended_is_said_to_the_owner_alone(
    database: InMemoryChannelDatabase, channel: Channel
) -> None:
    theirs = Suspension("spam", None)
    async with database.unit_of_work() as unit:
        await unit.channels.save(replace(channel, owner_suspension=theirs))
        assert BOB.account_id is not None
        await unit.roles.put(RoleGrant(channel.id, BOB.account_id, ChannelRole.EDITOR, NOW))
    standings = FindStandings(database.unit_of_work, FakeClock(NOW))
    owner, editor = [await standings.of(channel.id, one.account_id) for one in (ADA, BOB)]
    assert (owner.is_suspended, owner.suspension) == (True, theirs)
    assert (editor.is_suspended, editor.suspension) == (True, None)


@given(st.text(max_size=200))
@example("0 \x1b 0")
def test_a_line_has_no_controls_and_cleaning_it_again_changes_nothing(text: str) -> None:
    try:
        cleaned = one_line(text, 140, "title")
    except Invalid:
        return
    assert len(cleaned) <= 140
    assert not set(cleaned) & set("\u202e\u202d\u2066\u200f\n\r\t\x00\x1b\x7f")
    assert one_line(cleaned, 140, "title") == cleaned


async def test_the_facade_finds_in_any_case_and_knows_what_is_missing(
    database: InMemoryChannelDatabase, channel: Channel
) -> None:
    channels = FindChannels(database.unit_of_work, FakeClock())
    found = await channels.by_name("ADA")
    assert (found.id, found.owner_id, str(found.name)) == (channel.id, channel.owner_id, "ada")
    assert await channels.by_id(channel.id) == found
    for missing in ("bob", "not a name", "api", "x" * 500):
        with pytest.raises(NotFound):
            await channels.by_name(missing)
    with pytest.raises(NotFound):
        await channels.by_id(ChannelId(uuid4()))


_ID = "chn_" + "0" * 32


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "ä", "===="),
        write_cursor("blocks", True, 2, _ID),
        write_cursor("channels", True, 2),
        write_cursor("channels", True, -2, _ID),
        write_cursor("channels", True, 99999999999, _ID),
        write_cursor("channels", True, "2", _ID),
        write_cursor("channels", True, 2, 3),
    ],
)
async def test_a_made_up_cursor_is_refused(database: InMemoryChannelDatabase, cursor: str) -> None:
    with pytest.raises(Invalid):
        await ListChannels(database.unit_of_work, FakePersonCards(), access_for(), FakeClock())(
            ANONYMOUS, cursor=cursor
        )


@given(st.text(max_size=60))
def test_any_cursor_is_read_or_refused(cursor: str) -> None:
    coroutine = ListChannels(
        InMemoryChannelDatabase().unit_of_work, FakePersonCards(), access_for(), FakeClock()
    )(ANONYMOUS, cursor=cursor)
    with pytest.raises((StopIteration, Invalid)):
        coroutine.send(None)  # memory never waits, so one step ends it


async def test_social_events_move_a_channel_on_and_off_the_live_page(
    database: InMemoryChannelDatabase, channel: Channel
) -> None:
    channel_id = str(channel.id)
    started = StreamStarted(channel_id, "brd_1", "ada", "Painting", NOW)
    counted = CloudEvent(
        id=uuid4(),
        type="cpc.streaming.BroadcastViewersCounted.v1",
        source="/livehouse/streaming",
        subject=f"streaming.BroadcastViewersCounted.v1.{channel_id}",
        time=NOW,
        partition_key=channel_id,
        data={"channel_id": channel_id, "broadcast_id": "brd_1", "viewers": 12},
    )
    ended = StreamEnded(channel_id, "brd_1", NOW, NOW)
    list_channels = ListChannels(database.unit_of_work, FakePersonCards(), access_for(), FakeClock())

    async def follow(event: CloudEvent) -> None:
        async with database.unit_of_work() as unit:
            await FollowBroadcasts(unit.directory)(event)

    await follow(started.to_cloud_event(event_id=uuid4(), time=NOW))
    await follow(counted)
    (card,) = (await list_channels(ANONYMOUS, live_only=True)).channels
    assert (card.name.value, card.viewers, card.started_at) == ("ada", 12, NOW)
    await follow(ended.to_cloud_event(event_id=uuid4(), time=NOW))
    assert (await list_channels(ANONYMOUS, live_only=True)).channels == []
