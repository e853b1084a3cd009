"""What lists, search, categories and statistics promise: in-memory and PostgreSQL pass the same suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.contracts.channel.house import NOW, House

from cpc.images.image import ImageName
from cpc.kernel.errors import Invalid, NotFound
from livehouse.access.contract import Suspension
from livehouse.accounts.contract import ANONYMOUS, AccountName, PersonCard
from livehouse.channel.application.discovery_ports import DirectoryFilter
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import ChannelId, Privacy
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics, Totals
from livehouse.channel.domain.channel import Channel

PICTURE, OTHER_PICTURE = ImageName("ab" * 20), ImageName("cd" * 20)


@pytest.fixture
def house(unit_of_work: UnitOfWorkFactory) -> House:
    return House(unit_of_work)


async def test_lists_are_narrowed_by_category_tag_and_language(house: House) -> None:
    await house.open("painter", viewers=5, category="art", language="en", tags=("Watercolour", "Sea"))
    await house.open("sculptor", category="art", language="de", tags=("Stone",))
    await house.open("singer", viewers=9, category="music", language="en", tags=("watercolour",))
    await house.open("quiet", tags=("ÉTÉ",))
    assert await house.listed() == ["singer", "painter", "sculptor", "quiet"]
    assert await house.listed(live_only=True) == ["singer", "painter"]
    assert await house.listed(category="art") == ["painter", "sculptor"]
    assert await house.listed(category="ART", live_only=True) == ["painter"]
    assert await house.listed(tag="WATERCOLOUR") == ["singer", "painter"]
    assert await house.listed(tag="été") == ["quiet"]
    assert await house.listed(tag="stone", live_only=True) == []
    assert await house.listed(language="EN") == ["singer", "painter"]
    assert await house.listed(language="de", category="art", tag="stone") == ["sculptor"]
    assert await house.listed(category="games") == []
    with pytest.raises(NotFound):
        await house.listed(category="nothing")
    with pytest.raises(Invalid):
        await house.listed(language="english")


async def test_a_card_says_what_lists_need(house: House) -> None:
    channel = await house.open(
        "painter",
        viewers=5,
        category="art",
        language="en",
        tags=("Sea",),
        is_mature=True,
        privacy=Privacy.MEMBERS_ONLY,
    )
    (card,) = (await house.list_channels(ANONYMOUS)).channels
    assert (card.id, card.name, card.title) == (channel.id, channel.name, channel.title)
    assert (card.category, card.category_slug, card.tags, card.language) == ("Art", "art", ("Sea",), "en")
    assert (card.is_mature, card.privacy, card.viewers) == (True, Privacy.MEMBERS_ONLY, 5)
    assert (card.is_live, card.started_at) == (True, NOW)


async def test_unlisted_and_suspended_channels_are_in_no_list_and_not_found(house: House) -> None:
    for number, viewers in enumerate((None, 3)):
        await house.open(f"hidden_{number}", viewers=viewers, category="art", privacy=Privacy.UNLISTED)
        for name, until in (("hiding", None), ("hidding", NOW + timedelta(seconds=1))):
            await house.open(f"{name}_{number}", viewers=viewers, suspension=Suspension("spam", until))
    await house.open("hid_before", suspension=Suspension("spam", NOW))
    assert await house.listed() == ["hid_before"]
    assert await house.listed(category="art") == []
    for text in ("hid", "hidden", "hiding_0", "stream", "hidding"):
        assert await house.found(text) in ([], ["hid_before"])
    (card,) = [
        card
        for card in (await house.list_categories(ANONYMOUS, limit=100)).categories
        if card.category.slug == "art"
    ]
    assert (card.live_channels, card.viewers) == (0, 0)


async def test_a_channel_that_changes_while_live_changes_its_places(house: House) -> None:
    painter = await house.open("painter", viewers=5, category="art", language="en")
    async with house.units() as unit:
        music = await unit.categories.by_slug("music")
        changed = replace(painter.about(music), language="fr", tags=("Song",), title="Now singing")
        await unit.channels.save(changed)
        await unit.directory.channel_changed(painter.id)
    assert await house.listed(live_only=True, category="art") == []
    assert await house.listed(live_only=True, category="music", language="fr", tag="song") == ["painter"]
    assert await house.found("singing") == ["painter"]
    async with house.units() as unit:
        await unit.channels.save(replace(changed, privacy=Privacy.UNLISTED))
    assert await house.listed() == [], "at once, before any event"


async def test_pages_of_a_narrowed_list_follow_each_other(house: House) -> None:
    for number in range(9):
        await house.open(
            f"channel_{number}", viewers=number // 2 if number < 5 else None, category="art", tags=("Sea",)
        )
        await house.open(f"other_{number}", viewers=number)
    whole = await house.listed(category="art", tag="sea")
    assert len(whole) == 9
    seen: list[str] = []
    cursor = None
    while True:
        page = await house.list_channels(ANONYMOUS, category="art", tag="sea", limit=2, cursor=cursor)
        seen += [card.name.value for card in page.channels]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole


async def test_news_of_a_channel_that_is_gone_changes_nothing(house: House) -> None:
    gone = ChannelId(UUID(int=77))
    async with house.units() as unit:
        await unit.directory.broadcast_started(gone, "brd_1", NOW)
        await unit.directory.viewers_counted(gone, "brd_1", 5)
        await unit.directory.channel_changed(gone)
        assert await unit.directory.viewers_of(gone) is None
        assert await unit.directory.page(DirectoryFilter(), after=None, limit=5, now=NOW) == []


# --- search


async def test_the_name_itself_comes_first_then_names_that_begin_so_then_what_is_live(house: House) -> None:
    await house.open("sea")
    await house.open("seahorse")
    await house.open("sealion", viewers=3)
    await house.open("painter", viewers=50, title="The SEA at night")
    await house.open("sculptor", title="Sea stones")
    await house.open("somebody", title="Mountains")
    assert await house.found("sea") == ["sea", "sealion", "seahorse", "painter", "sculptor"]
    assert await house.found("SEA") == await house.found(" @sea ") == await house.found("sea")


async def test_titles_and_tags_are_searched_word_by_word(house: House) -> None:
    await house.open("painter", title="Painting the open sea", tags=("Watercolour",))
    await house.open("writer", title="The open book")
    assert await house.found("open sea") == ["painter"]
    assert await house.found("open s") == ["painter"], "the last word may be begun only"
    assert await house.found("pen") == []
    assert await house.found("watercolour") == ["painter"]
    assert await house.found("open") == ["painter", "writer"]


@pytest.mark.parametrize(
    "typed", ["lovelce", "lovelacee", "lovlace", "ada_lovealce", "ada lovelace", "lovelace"]
)
async def test_a_typing_error_is_forgiven(house: House, typed: str) -> None:
    await house.open("ada_lovelace", title="Engines")
    await house.open("grace_hopper", title="Compilers")
    assert await house.found(typed) == ["ada_lovelace"]


async def test_what_is_no_mistake_brings_nothing_that_is_only_alike(house: House) -> None:
    for name in ("night_watch", "good_night", "knights"):
        await house.open(name, title="Chess")
    assert {"knights", "good_night"} <= set(await house.found("nights"))
    await house.open("nights", title="Chess", viewers=1)
    assert await house.found("nights") == ["nights"], "it is the name of one"
    assert "good_night" in await house.found("night"), "a word of the name"
    for number in range(5):
        await house.open(f"nightly_{number}", title="Chess")
    assert await house.found("nightl") == [f"nightly_{number}" for number in range(5)]


async def test_long_names_that_only_begin_alike_are_not_alike(house: House) -> None:
    for number in (1, 2):
        await house.open(f"community_channel_{number}", title="Chess")
    assert await house.found("community_garden") == []
    assert await house.found("comunity_channel_2") == ["community_channel_2", "community_channel_1"]


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "\\",
        "'",
        "''",
        "&|!()",
        ":*",
        "a & b",
        "<->",
        "$1",
        "*",
        "\U0010ffff",
        "é",
        "日本",
        "а",
        "0",
        "-",
    ],
)
async def test_any_signs_are_searched_for(house: House, text: str) -> None:
    await house.open("painter", title="Painting")
    assert await house.found(text + "zzz") == []
    assert await house.found(f"painter {text}") in (["painter"], [])


async def test_titles_in_other_scripts_are_found(house: House) -> None:
    await house.open("painter", title="Морской ПЕЙЗАЖ")
    await house.open("brewer", title="Über das Brauen")
    assert await house.found("пейзаж") == ["painter"]
    assert await house.found("ÜBER") == ["brewer"]


async def test_a_search_has_limits(house: House) -> None:
    for text in ("", "  ", "@", "\u200b"):
        with pytest.raises(Invalid) as refused:
            await house.found(text)
        assert refused.value.slug == "search-empty"
    for text in ("x" * 61, "x" * 1000):
        with pytest.raises(Invalid) as refused:
            await house.found(text)
        assert refused.value.slug == "search-too-long"
    for number in range(12):
        await house.open(f"sea_{number}")
    assert len((await house.search(ANONYMOUS, "sea", limit=10)).channels) == 10


async def test_categories_are_found_too(house: House) -> None:
    await house.open("singer", viewers=9, category="music")
    found = await house.search(ANONYMOUS, "musc")
    assert [card.category.name for card in found.categories] == ["Music"]
    assert (await house.search(ANONYMOUS, "music", categories=False)).categories == []
    assert (await house.search(ANONYMOUS, "singer", channels=False)).channels == []
    best = (await house.search(ANONYMOUS, "games")).categories
    assert best[0].category.name == "Games"


# --- statistics


def broadcast(channel: Channel, number: int, **changes: object) -> BroadcastStatistics:
    started_at = NOW - timedelta(days=number)
    return replace(
        BroadcastStatistics(channel.id, f"brd_{number:03}", "Painting", started_at, started_at, 10),
        **changes,  # type: ignore[arg-type]
    )


async def test_statistics_are_kept_listed_and_added_up(house: House) -> None:
    ada, bob = await house.open("ada"), await house.open("bob")
    async with house.units() as unit:
        for number in (1, 20, 40, 100):
            one = broadcast(ada, number)
            one = one.counted(number, one.started_at + timedelta(hours=1))
            await unit.statistics.save(one.ended(one.started_at + timedelta(hours=2), 10 + number))
        running = broadcast(ada, 0, started_at=NOW - timedelta(hours=3), counted_at=NOW - timedelta(hours=3))
        running = running.counted(6, NOW - timedelta(hours=1))
        await unit.statistics.save(running)
        await unit.statistics.save(broadcast(bob, 1))
    async with house.units() as unit:
        assert await unit.statistics.of(ada.id, "brd_000", for_update=True) == running
        assert await unit.statistics.of(ada.id, "brd_777") is None
        listed = await unit.statistics.page(ada.id, before=None, limit=3)
        assert [one.broadcast_id for one in listed] == ["brd_000", "brd_001", "brd_020"]
        last = listed[-1]
        following = await unit.statistics.page(ada.id, before=(last.started_at, last.broadcast_id), limit=3)
        assert [one.broadcast_id for one in following] == ["brd_040", "brd_100"]
        month = await unit.statistics.totals(ada.id, NOW - timedelta(days=30), NOW)
        assert month == Totals(
            broadcasts=3,
            streamed=timedelta(hours=2 + 2 + 3),
            viewer_s=3600.0 * (1 + 20 + 6),
            peak_viewers=20,
            messages=21,
        )
        assert (await unit.statistics.totals(bob.id, NOW, NOW)) == Totals()


async def test_statistics_of_a_channel_that_is_gone_are_not_kept(house: House) -> None:
    gone = replace(await house.open("ada"), id=ChannelId(UUID(int=77)))
    async with house.units() as unit:
        await unit.statistics.save(broadcast(gone, 1))
        assert await unit.statistics.page(gone.id, before=None, limit=5) == []


async def test_cards_bear_what_is_their_owners_found_in_one_look(house: House) -> None:
    painter, singer = await house.open("painter", viewers=5, category="art"), await house.open("singer")
    await house.open("plain")
    house.people[painter.owner_id] = PersonCard(painter.owner_id, AccountName("painter"), PICTURE, "PaintEr")
    # The account has another name by now, and the channel has not heard of it.
    house.people[singer.owner_id] = PersonCard(
        singer.owner_id, AccountName("crooner"), OTHER_PICTURE, "Crooner"
    )
    expected = {"PaintEr": PICTURE, "singer": OTHER_PICTURE, "plain": None}
    listed = (await house.list_channels(ANONYMOUS)).channels
    assert {card.shown_name: card.avatar for card in listed} == expected
    (card,) = (await house.list_channels(ANONYMOUS, category="art")).channels
    assert card.avatar == PICTURE
    (card,) = (await house.search(ANONYMOUS, "singer")).channels
    assert card.avatar == OTHER_PICTURE
    cards = await house.cards.of([card.id for card in listed])
    assert {card.shown_name: card.avatar for card in cards.values()} == expected
    assert house.people.looks == 4


async def test_cards_of_channels_that_somebody_knows(house: House) -> None:
    painter = await house.open("painter", viewers=5, category="art")
    hidden = await house.open("hidden", privacy=Privacy.UNLISTED)
    barred = await house.open("barred", viewers=2, suspension=Suspension("spam", None))
    released = await house.open("released", suspension=Suspension("spam", NOW))
    with_owner = await house.open("with_owner", owner_suspension=Suspension("spam", None))
    gone = ChannelId(UUID(int=99))
    cards = await house.cards.of([painter.id, hidden.id, barred.id, released.id, with_owner.id, gone])
    assert set(cards) == {painter.id, hidden.id, released.id}
    card = cards[painter.id]
    assert (card.owner_id, card.category, card.is_live, card.viewers) == (painter.owner_id, "Art", True, 5)
    assert (cards[hidden.id].is_live, cards[hidden.id].viewers, cards[hidden.id].started_at) == (
        False,
        0,
        None,
    )
    assert await house.cards.of([]) == {}
    assert await house.found("with_owner") == []
    assert await house.found("with_owner's stream") == []
