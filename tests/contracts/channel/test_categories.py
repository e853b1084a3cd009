"""What storage of categories promises: in-memory and PostgreSQL pass the same suite."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from tests.contracts.channel.house import House

from cpc.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.application import manage_categories
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import CategoryId
from livehouse.channel.domain.category import Category

ADMIN = Actor(AccountId(UUID(int=99)), AccountName("in_charge"), is_administrator=True)


@pytest.fixture
def house(unit_of_work: UnitOfWorkFactory) -> House:
    return House(unit_of_work)


async def test_categories_come_by_how_many_watch(house: House) -> None:
    await house.open("one", viewers=3, category="art")
    await house.open("two", viewers=4, category="art")
    await house.open("three", viewers=9, category="music")
    page = await house.list_categories(ANONYMOUS, limit=3)
    assert [(card.category.slug, card.live_channels, card.viewers) for card in page.categories[:2]] == [
        ("music", 1, 9),
        ("art", 2, 7),
    ]
    whole = await house.category_names()
    assert whole[2:] == sorted(whole[2:])
    seen, cursor = [card.category.name for card in page.categories], page.next_cursor
    while cursor is not None:
        page = await house.list_categories(ANONYMOUS, limit=3, cursor=cursor)
        seen += [card.category.name for card in page.categories]
        cursor = page.next_cursor
    assert seen == whole
    assert await house.category_names("MUS") == ["Music"]
    card = await house.read_category(ANONYMOUS, "ART")
    assert (card.category.name, card.viewers) == ("Art", 7)


async def test_a_category_is_made_renamed_and_led_to_by_its_former_address(house: House) -> None:
    made = await house.create_category(ADMIN, "  Sand  castles ", description="By the sea")
    assert (made.slug, made.name, made.description) == ("sand-castles", "Sand castles", "By the sea")
    painter = await house.open("painter", category="sand-castles")
    renamed = await house.change_category(ADMIN, "sand-castles", name="Castles")
    assert (renamed.slug, renamed.description) == ("castles", "By the sea")
    assert (await house.read_category(ANONYMOUS, "sand-castles")).category == renamed
    async with house.units() as unit:
        kept = await unit.channels.by_id(painter.id)
        assert kept is not None
        assert (kept.category, kept.category_slug) == ("Castles", "castles")
    assert await house.listed(category="sand-castles") == ["painter"]
    with pytest.raises(Conflict):
        await house.create_category(ADMIN, "Sand Castles"), "its address leads elsewhere"
    back = await house.change_category(ADMIN, "castles", name="Sand castles")
    assert back.slug == "sand-castles"
    assert (await house.read_category(ANONYMOUS, "castles")).category == back


async def test_names_and_addresses_are_taken_once(house: House) -> None:
    for name in ("art", "ART", "Árt"):
        with pytest.raises(Conflict) as refused:
            await house.create_category(ADMIN, name)
        assert refused.value.slug == "category-taken"
    with pytest.raises(Conflict):
        await house.change_category(ADMIN, "art", name="Music")
    assert (await house.read_category(ANONYMOUS, "art")).category.name == "Art"
    same = await house.change_category(ADMIN, "art", name="ART")
    assert (same.slug, same.name) == ("art", "ART")


async def test_a_category_is_merged_or_taken_away(house: House) -> None:
    one = await house.open("one", category="art", viewers=3)
    two = await house.open("two", category="music", viewers=4)
    await house.change_category(ADMIN, "art", name="Painting")
    await house.remove_category(ADMIN, "painting", into="music")
    assert await house.listed(category="music") == ["two", "one"]
    for former in ("art", "painting"):
        assert (await house.read_category(ANONYMOUS, former)).category.name == "Music"
    await house.remove_category(ADMIN, "music")
    async with house.units() as unit:
        for channel in (one, two):
            kept = await unit.channels.by_id(channel.id)
            assert kept is not None
            assert (kept.category, kept.category_id, kept.category_slug) == ("", None, None)
    for gone in ("music", "art", "painting"):
        with pytest.raises(NotFound):
            await house.read_category(ANONYMOUS, gone)
    with pytest.raises(Invalid):
        await house.remove_category(ADMIN, "games", into="games")


async def test_a_category_that_somebody_else_changed_is_not_changed_over(house: House) -> None:
    seen = (await house.read_category(ANONYMOUS, "art")).category
    first = await house.change_category(ADMIN, "art", name="Fine art", expected_version=seen.version)
    assert first.version == seen.version + 1
    for slug in ("art", "fine-art"):
        with pytest.raises(PreconditionFailed) as refused:
            await house.change_category(ADMIN, slug, description="Oil", expected_version=seen.version)
        assert refused.value.slug == "category-changed"
        for into in (None, "music"):
            with pytest.raises(PreconditionFailed):
                await house.remove_category(ADMIN, slug, into=into, expected_version=seen.version)
    assert (await house.read_category(ANONYMOUS, "art")).category == first
    same = await house.change_category(ADMIN, "art", name="Fine art", expected_version=first.version)
    assert same == first, "what changes nothing makes no version"
    await house.remove_category(ADMIN, "art", into="music", expected_version=first.version)
    assert (await house.read_category(ANONYMOUS, "fine-art")).category.name == "Music"


async def test_of_two_who_change_a_category_at_once_one_is_refused(house: House) -> None:
    seen = (await house.read_category(ANONYMOUS, "art")).category
    outcomes = await asyncio.gather(
        *(
            house.change_category(ADMIN, "art", description=text, expected_version=seen.version)
            for text in ("Oil", "Ink")
        ),
        return_exceptions=True,
    )
    [refused] = [one for one in outcomes if isinstance(one, BaseException)]
    assert isinstance(refused, PreconditionFailed)
    [made] = [one for one in outcomes if isinstance(one, Category)]
    assert (await house.read_category(ANONYMOUS, "art")).category == made


async def test_what_was_refused_is_not_written_down(house: House) -> None:
    with pytest.raises(Conflict):
        await house.create_category(ADMIN, "Art")
    with pytest.raises(Conflict):
        await house.change_category(ADMIN, "art", name="Music")
    await house.change_category(ADMIN, "art", name="Art")
    assert house.deed_log.deeds == []
    await house.change_category(ADMIN, "art", name="Fine art")
    await house.remove_category(ADMIN, "fine-art", into="music")
    assert [(one.what, one.reason) for one in house.deed_log.deeds] == [
        ("change_category", "now 'Fine art'"),
        ("merge_category", "into 'Music'"),
    ]


async def test_very_many_channels_are_merged_some_at_a_time_and_going_on_after_a_stop(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manage_categories, "MOVED_AT_ONCE", 2)
    names = [f"painter_{number}" for number in range(5)]
    for name in names:
        await house.open(name, category="art", viewers=1)
    async with house.units() as unit:
        art, music = await unit.categories.by_slug("art"), await unit.categories.by_slug("music")
        assert art is not None
        assert await unit.categories.move_some(art, music, limit=3), "here the node dies"
    merged, left = await house.listed(category="music"), await house.listed(category="art")
    assert (len(merged), len(left)) == (3, 2)
    assert sorted(merged + left) == names
    await house.remove_category(ADMIN, "art", into="music")
    assert sorted(await house.listed(category="music")) == sorted(await house.listed(category="art")) == names
    async with house.units() as unit:
        assert music is not None
        assert not await unit.categories.move_some(music, None, limit=6)
    assert await house.listed(category="music") == []


async def test_a_name_without_letters_we_write_addresses_with(house: House) -> None:
    made = await house.create_category(ADMIN, "日本")
    assert made.slug == f"category-{made.id.uuid.hex[-12:]}"
    assert (await house.read_category(ANONYMOUS, made.slug)).category == made


async def test_what_no_category_can_be(house: House) -> None:
    for name, slug in ((" ", "category-name-missing"), ("x" * 51, "category-too-long")):
        with pytest.raises(Invalid) as refused:
            await house.create_category(ADMIN, name)
        assert refused.value.slug == slug
    with pytest.raises(Invalid):
        await house.create_category(ADMIN, "Kites", box_art="https://evil.example/x.webp")
    async with house.units() as unit:
        kites = Category(CategoryId(uuid4()), "kites", "Kites")
        assert await unit.categories.add(kites)
        assert not await unit.categories.add(replace(kites, id=CategoryId(uuid4()), slug="other"))
        assert not await unit.categories.add(replace(kites, id=CategoryId(uuid4()), name="Other"))
