"""Channels with fakes at the ports: making, changing, finding, following broadcasts."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.eventbus.envelope import CloudEvent
from cpc.kernel.clock import FakeClock
from cpc.kernel.cursors import write_cursor
from cpc.kernel.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed, Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from cpc.social_integration.events import StreamEnded, StreamStarted
from livehouse.access.application.decide_access import DecideAccess
from livehouse.access.testing import InMemoryStandings, access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.follow_broadcasts import FollowBroadcasts
from livehouse.channel.application.queries import ChannelByName, FindChannels, FindStandings, ListChannels
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.channel import MAX_TITLE_CHARACTERS, Channel, one_line
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
    standings = FindStandings(database.unit_of_work)
    access = DecideAccess(standings, InMemoryStandings().supporters, FakeClock())
    return ChangeChannel(database.unit_of_work, access)


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
    changed = await change(ADA, "Ada", title="  Painting\n the  sea ", expected_version=1)
    assert (changed.title, changed.category, changed.version) == ("Painting the sea", "", 2)
    changed = await change(ADA, "ada", category="Art")
    assert (changed.title, changed.category, changed.version) == ("Painting the sea", "Art", 3)
    assert await ChannelByName(database.unit_of_work, access_for())(ANONYMOUS, "ada") == changed


async def test_no_change_is_no_new_version(database: InMemoryChannelDatabase, channel: Channel) -> None:
    changed = await changing(database)(ADA, "ada", title=channel.title, expected_version=1)
    assert changed.version == 1


async def test_who_may_not_change(database: InMemoryChannelDatabase, channel: Channel) -> None:
    change = changing(database)
    with pytest.raises(Unauthenticated):
        await change(ANONYMOUS, "ada", title="mine")
    with pytest.raises(Forbidden):
        await change(BOB, "ada", title="mine")
    with pytest.raises(NotFound):
        await change(ADA, "nobody", title="mine")
    with pytest.raises(PreconditionFailed):
        await change(ADA, "ada", title="mine", expected_version=7)
    assert await ChannelByName(database.unit_of_work, access_for())(ANONYMOUS, "ada") == channel


async def test_titles_have_a_limit(database: InMemoryChannelDatabase, channel: Channel) -> None:
    change = changing(database)
    assert (await change(ADA, "ada", title="x" * MAX_TITLE_CHARACTERS)).title == "x" * MAX_TITLE_CHARACTERS
    with pytest.raises(Invalid) as refused:
        await change(ADA, "ada", title="x" * (MAX_TITLE_CHARACTERS + 1))
    assert refused.value.slug == "title-too-long"


@given(st.text(max_size=200))
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
    channels = FindChannels(database.unit_of_work)
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
        await ListChannels(database.unit_of_work, access_for())(ANONYMOUS, cursor=cursor)


@given(st.text(max_size=60))
def test_any_cursor_is_read_or_refused(cursor: str) -> None:
    coroutine = ListChannels(InMemoryChannelDatabase().unit_of_work, access_for())(ANONYMOUS, cursor=cursor)
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
    list_channels = ListChannels(database.unit_of_work, access_for())

    async def follow(event: CloudEvent) -> None:
        async with database.unit_of_work() as unit:
            await FollowBroadcasts(unit.directory)(event)

    await follow(started.to_cloud_event(event_id=uuid4(), time=NOW))
    await follow(counted)
    (card,) = (await list_channels(ANONYMOUS, live_only=True)).channels
    assert (card.name.value, card.viewers, card.started_at) == ("ada", 12, NOW)
    await follow(ended.to_cloud_event(event_id=uuid4(), time=NOW))
    assert (await list_channels(ANONYMOUS, live_only=True)).channels == []
