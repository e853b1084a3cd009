"""What a channel says of itself: kept as Markdown, with the HTML made of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Invalid, PreconditionFailed, Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.domain.about import (
    MAX_PANELS,
    Panel,
    WrittenPanel,
    markdown,
    parse_panels,
    valid_image,
    valid_link,
)
from livehouse.channel.testing import FakeMarkdownRenderer, InMemoryChannelDatabase

IMAGE = "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp"
ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))


def test_markdown_keeps_its_lines_and_loses_its_controls() -> None:
    assert markdown("  a\r\nb\rc\td\x00\x1b\u202e e ", 100, "text") == "a\nb\nc\td e"
    assert markdown("x" * 100, 100, "text") == "x" * 100
    for text in ("x" * 101, "x" * 500):
        with pytest.raises(Invalid) as refused:
            markdown(text, 100, "panel-text")
        assert refused.value.slug == "panel-text-too-long"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/a?b=c#d",
        "https://xn--bcher-kva.example/",
        " https://example.org ",
    ],
)
def test_a_link_is_a_whole_address(url: str) -> None:
    assert valid_link(url) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.org",
        "//example.org",
        "/studio",
        "example.org",
        "https://",
        "https:///x",
        "https://bank.example@evil.example",
        "https://a b",
        "https://a\nb",
        'https://a"onclick=',
        "https://[::1",
        "https://example.org:port",
        "https://example.org/" + "x" * 500,
        "https:\\\\example.org",
    ],
)
def test_what_is_no_link_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        valid_link(url)
    assert refused.value.slug == "malformed-link"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_link_is_taken_or_refused(url: str) -> None:
    with suppress(Invalid):
        assert urlsplit(valid_link(url)).scheme in {"http", "https"}


def test_pictures_are_our_own() -> None:
    assert (
        valid_image("/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp")
        == "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp"
    )
    for path in (
        "https://evil.example/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp",
        "//evil.example/3f2a9c0d11.webp",
        "/images/../api/v1/session",
        "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp?x",
        "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.svg",
        "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp\n",
    ):
        with pytest.raises(Invalid) as refused:
            valid_image(path)
        assert refused.value.slug == "foreign-image"


def test_panels_have_limits() -> None:
    assert len(parse_panels([WrittenPanel("t", "")] * MAX_PANELS)) == MAX_PANELS
    for panels, slug in (
        ([WrittenPanel("t", "")] * (MAX_PANELS + 1), "too-many-panels"),
        ([WrittenPanel("", "", image_alt="brushes")], "panel-empty"),
        ([WrittenPanel("", "", "https://example.org")], "panel-empty"),
        ([WrittenPanel("x" * 61, "")], "panel-title-too-long"),
        ([WrittenPanel("", "", None, IMAGE, "x" * 201)], "panel-image-alt-too-long"),
    ):
        with pytest.raises(Invalid) as refused:
            parse_panels(panels)
        assert refused.value.slug == slug
    assert parse_panels([WrittenPanel("", "", "", IMAGE, " Three\nbrushes ")]) == (
        Panel("", "", None, IMAGE, "Three brushes"),
    )
    assert parse_panels([WrittenPanel("Shop", "", image_alt="of nothing")]) == (Panel("Shop", ""),)


@pytest.fixture
async def database() -> InMemoryChannelDatabase:
    database = InMemoryChannelDatabase()
    clock = FakeClock()
    channel = await CreateChannel(database.unit_of_work, clock, UuidV7Ids(clock))(
        ADA.require_account(), AccountName("ada")
    )
    database.access = access_for((channel.id, channel.owner_id))  # type: ignore[attr-defined]
    return database


async def test_it_is_written_read_and_changed(database) -> None:
    renderer = FakeMarkdownRenderer()
    read = ReadAbout(database.unit_of_work, database.access, renderer)
    change = ChangeAbout(database.unit_of_work, database.access, renderer, FakeClock())
    empty = await read(ANONYMOUS, "ada")
    assert (empty.about.description, empty.about.panels, empty.html, empty.about.version) == (
        "",
        (),
        ("",),
        0,
    )
    panels = [WrittenPanel("Shop", "*all*", "https://example.org")]
    changed = await change(ADA, "ada", description="I paint.", panels=panels, expected_version=0)
    assert changed.html == ("<1>I paint.", "<1>*all*")
    assert await read(ANONYMOUS, "ADA") == changed
    with pytest.raises(PreconditionFailed):
        await change(ADA, "ada", description="", panels=[], expected_version=0)
    assert await read(ANONYMOUS, "ada") == changed


async def test_a_preview_shows_what_would_be_and_keeps_nothing(database) -> None:
    renderer = FakeMarkdownRenderer()
    change = ChangeAbout(database.unit_of_work, database.access, renderer, FakeClock())
    seen = await change.preview(ADA, "ada", description="I paint.", panels=[WrittenPanel("Shop", "*all*")])
    assert (seen.about.description, seen.html) == ("I paint.", ("<1>I paint.", "<1>*all*"))
    kept = await ReadAbout(database.unit_of_work, database.access, renderer)(ANONYMOUS, "ada")
    assert (kept.about.description, kept.about.version) == ("", 0)
    with pytest.raises(Unauthenticated):
        await change.preview(ANONYMOUS, "ada", description="", panels=[])
    with pytest.raises(Invalid):
        await change.preview(ADA, "ada", description="", panels=[WrittenPanel("", "")])


async def test_html_of_older_rules_is_made_anew_once(database) -> None:
    renderer = FakeMarkdownRenderer()
    read = ReadAbout(database.unit_of_work, database.access, renderer)
    await ChangeAbout(database.unit_of_work, database.access, renderer, FakeClock())(
        ADA, "ada", description="I paint.", panels=[]
    )
    renderer.version = 2
    assert (await read(ANONYMOUS, "ada")).html == ("<2>I paint.",)
    async with database.unit_of_work() as unit:
        kept = await unit.about.of((await unit.channels.by_owner(ADA.require_account())).id)
    assert (kept.html, kept.renderer, kept.about.version) == (("<2>I paint.",), 2, 1)


async def test_what_newer_rules_refuse_is_shown_as_it_was_made(database) -> None:
    class StricterRenderer(FakeMarkdownRenderer):
        async def html(self, texts: Sequence[str]) -> tuple[str, ...]:
            raise Invalid("text-too-complex", "The text takes more work than a text should.")

    renderer, stricter = FakeMarkdownRenderer(), StricterRenderer()
    await ChangeAbout(database.unit_of_work, database.access, renderer, FakeClock())(
        ADA, "ada", description="I paint.", panels=[]
    )
    stricter.version = 2
    shown = await ReadAbout(database.unit_of_work, database.access, stricter)(ANONYMOUS, "ada")
    assert (shown.html, shown.renderer) == (("<1>I paint.",), 2)
