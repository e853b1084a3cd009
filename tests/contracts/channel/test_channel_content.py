"""What storage of descriptions and schedules promises: in-memory and PostgreSQL pass the same suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cpc.images.image import ImageName
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.testing import access_for
from livehouse.accounts.contract import AccountId, Actor
from livehouse.channel.application.change_about import ChangeAbout
from livehouse.channel.application.content_ports import RenderedAbout
from livehouse.channel.application.delete_channel import EraseChannels
from livehouse.channel.application.page_images import PageImageUses
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.contract import CategoryId, ChannelId, ChannelName
from livehouse.channel.domain.about import About, Panel, WrittenPanel
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.channel import Channel
from livehouse.channel.domain.schedule import ScheduleEntry, ScheduleEntryId, Vacation, Weekday
from livehouse.channel.testing import FakeMarkdownRenderer

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = ChannelId(UUID(int=1)), ChannelId(UUID(int=2))


@pytest.fixture(autouse=True)
async def ada_and_bob(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        for channel_id, name in ((ADA, "ada"), (BOB, "bob")):
            await unit.channels.add(Channel(channel_id, AccountId(uuid4()), ChannelName(name), name, "", NOW))


ABOUT = RenderedAbout(
    About(
        ADA,
        "I *paint*.",
        (
            Panel("Shop", "*all*", "https://example.org", None),
            Panel("", "", None, "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp", "Three brushes"),
        ),
        1,
    ),
    ("<p>I <em>paint</em>.</p>", "<p><em>all</em></p>", ""),
    1,
)
ENTRY = ScheduleEntry(
    id=ScheduleEntryId(UUID(int=5)),
    channel_id=ADA,
    title="Painting",
    category_id=None,
    starts_at=datetime(2026, 3, 1, 19, 30),  # noqa: DTZ001 - local to the zone below
    time_zone="Europe/Paris",
    duration=timedelta(hours=2),
    repeats_on=frozenset({Weekday.SUNDAY, Weekday.MONDAY}),
    repeats_until=date(2026, 6, 1),
    cancelled=frozenset({date(2026, 3, 8), date(2026, 3, 9)}),
    changed_at=NOW,
)


async def test_what_a_channel_says_is_kept_and_replaced(unit_of_work: UnitOfWorkFactory) -> None:
    async with unit_of_work() as unit:
        assert await unit.about.of(ADA) is None
        await unit.about.save(ABOUT)
    async with unit_of_work() as unit:
        assert await unit.about.of(ADA) == ABOUT
        assert await unit.about.of(BOB) is None
        shorter = RenderedAbout(About(ADA, "New", (), 2), ("<p>New</p>",), 1)
        await unit.about.save(shorter)
    async with unit_of_work() as unit:
        assert await unit.about.of(ADA) == shorter


async def test_html_made_anew_replaces_that_of_the_same_version_only(unit_of_work: UnitOfWorkFactory) -> None:
    newer = replace(ABOUT, html=("<p>2</p>", "<p>2</p>", "<p>2</p>"), renderer=2)
    async with unit_of_work() as unit:
        await unit.about.save(ABOUT)
        await unit.about.save_html(replace(newer, about=replace(ABOUT.about, version=7)))
        assert await unit.about.of(ADA) == ABOUT
        await unit.about.save_html(newer)
        assert await unit.about.of(ADA) == newer


async def test_shows_are_kept_changed_and_removed(unit_of_work: UnitOfWorkFactory) -> None:
    second = replace(
        ENTRY,
        id=ScheduleEntryId(UUID(int=6)),
        repeats_on=frozenset(),
        repeats_until=None,
        cancelled=frozenset(),
        time_zone="America/New_York",
    )
    async with unit_of_work() as unit:
        assert await unit.schedule.entries(ADA) == []
        await unit.schedule.save(second)
        await unit.schedule.save(ENTRY)
        await unit.schedule.save(replace(ENTRY, channel_id=BOB))
    async with unit_of_work() as unit:
        assert await unit.schedule.entries(ADA) == [ENTRY, second]
        changed = replace(ENTRY, title="Drawing", version=2, cancelled=frozenset())
        await unit.schedule.save(changed)
        assert await unit.schedule.remove(ADA, second.id)
        assert not await unit.schedule.remove(ADA, second.id)
        assert await unit.schedule.entries(ADA) == [changed]
        assert await unit.schedule.entries(BOB) == [replace(ENTRY, channel_id=BOB)]


async def test_a_vacation_is_kept_until_it_is_taken_away(unit_of_work: UnitOfWorkFactory) -> None:
    vacation = Vacation(NOW, NOW + timedelta(days=14))
    async with unit_of_work() as unit:
        assert await unit.schedule.vacation(ADA) is None
        await unit.schedule.set_vacation(ADA, replace(vacation, ends_at=NOW + timedelta(days=7)))
        await unit.schedule.set_vacation(ADA, vacation)
    async with unit_of_work() as unit:
        assert await unit.schedule.vacation(ADA) == vacation
        assert await unit.schedule.vacation(BOB) is None
        await unit.schedule.set_vacation(ADA, None)
        assert await unit.schedule.vacation(ADA) is None


async def test_pictures_that_panels_and_categories_show_are_still_needed(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    shown, art, nobodys = (ImageName(digit * 40) for digit in "abc")
    panels = (Panel("Shop", "", None, shown.path), Panel("Other", "", None, None))
    async with unit_of_work() as unit:
        await unit.about.save(RenderedAbout(About(ADA, "", panels, 1), ("", "", ""), 1))
        await unit.about.save(replace(ABOUT, about=replace(ABOUT.about, channel_id=BOB)))
        kites = Category(CategoryId(uuid4()), "kites", "Kites", box_art=art.path)
        assert await unit.categories.add(kites)
    uses = PageImageUses(unit_of_work)
    assert await uses.used([shown, art, nobodys]) == {shown, art}
    assert await uses.used([nobodys]) == await uses.used([]) == frozenset()


async def test_pictures_that_are_shown_no_more_are_in_doubt(unit_of_work: UnitOfWorkFactory) -> None:
    kept, dropped = (ImageName(digit * 40) for digit in "de")
    async with unit_of_work() as unit:
        owner = await unit.channels.by_id(ADA)
        assert owner is not None
    change = ChangeAbout(
        unit_of_work, access_for((ADA, owner.owner_id)), FakeMarkdownRenderer(), FakeClock(NOW)
    )
    actor = Actor(owner.owner_id)
    for names in ((kept, dropped), (kept,)):
        panels = [WrittenPanel("", "", image=name.path) for name in names]
        await change(actor, "ada", description="", panels=panels)
    async with unit_of_work() as unit:
        assert await unit.images_in_doubt.take(NOW + timedelta(days=1)) == dropped
        assert await unit.images_in_doubt.take(NOW + timedelta(days=1)) is None


async def test_an_erased_channel_says_and_plans_nothing_and_lets_its_pictures_go(
    unit_of_work: UnitOfWorkFactory,
) -> None:
    shown = ImageName("f" * 40)
    async with unit_of_work() as unit:
        ada = await unit.channels.by_id(ADA)
        assert ada is not None
        panels = (Panel("Shop", "", None, shown.path),)
        await unit.about.save(RenderedAbout(About(ADA, "", panels, 1), ("", ""), 1))
        await unit.schedule.save(ENTRY)
        await unit.schedule.set_vacation(ADA, Vacation(NOW, NOW + timedelta(days=1)))
        await unit.statistics.save(BroadcastStatistics(ADA, "brd_1", "", NOW, NOW, 0))
        await unit.directory.broadcast_started(ADA, "brd_1", NOW)
    clock = FakeClock(NOW)
    await EraseChannels(unit_of_work, clock, UuidV7Ids(clock)).of_account(ada.owner_id)
    async with unit_of_work() as unit:
        assert await unit.about.of(ADA) is None
        assert await unit.schedule.entries(ADA) == []
        assert await unit.schedule.vacation(ADA) is None
        assert await unit.statistics.of(ADA, "brd_1") is None
        assert await unit.directory.viewers_of(ADA) is None
        assert await unit.images_in_doubt.take(NOW + timedelta(days=1)) == shown
