"""What a channel says of itself: kept as Markdown, shown as HTML that does nothing."""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser
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
from livehouse.channel.adapters.markdown_it_renderer import MAX_HTML_CHARACTERS, MarkdownItRenderer
from livehouse.channel.application.change_about import ChangeAbout, ReadAbout
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.domain.about import (
    MAX_DESCRIPTION_CHARACTERS,
    MAX_PANELS,
    Panel,
    WrittenPanel,
    markdown,
    parse_panels,
    valid_image,
    valid_link,
)
from livehouse.channel.testing import FakeMarkdownRenderer, InMemoryChannelDatabase

ALLOWED = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "h3", "h4", "h5", "h6", "a"),
}
IMAGE = "/images/3f2a9c0d113f2a9c0d113f2a9c0d113f2a9c0d11.webp"
ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))


class _Reader(HTMLParser):
    """What a browser would make of it: elements with their attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.elements


def assert_does_nothing(html: str) -> None:
    for tag, attributes in elements(html):
        assert tag in ALLOWED
        assert set(attributes) <= {"a": {"href", "title", "rel"}, "ol": {"start"}}.get(tag, set())
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener ugc"
            if "href" in attributes:
                assert urlsplit(attributes["href"] or "").scheme in {"http", "https", "mailto"}


async def rendered(text: str) -> str:
    (html,) = await MarkdownItRenderer().html([text])
    return html


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](%6aavascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/studio)",
    "[x](  javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://a.example "\' onmouseover=alert(1) ")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "![x](https://evil.example/pixel.png)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '![" onerror="alert(1)](x)',
    '```html" onclick=alert(1)\n<b>\n```',
    "`</code><script>alert(1)</script>`",
    "<!-- --><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?>",
    "<style>*{display:none}</style>",
    "<form action=/api/v1/session><button>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<p style='position:fixed;inset:0'>",
    "\x00<script>\x00alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<https://a.example/?x=<script>>",
    "# <script>alert(1)</script>",
    "1. <img src=x onerror=alert(1)>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_becomes_harmless(text: str) -> None:
    assert_does_nothing(await rendered(text))


_MARKS = st.sampled_from(
    [
        *HOSTILE,
        "[",
        "](",
        ")",
        "<",
        ">",
        '"',
        "'",
        "&",
        "`",
        "*",
        "_",
        "\n",
        "\n\n",
        "> ",
        "- ",
        "#",
        "~~",
        "\\",
    ]
)


@settings(deadline=None)
@given(st.lists(_MARKS | st.text(max_size=20), max_size=12).map("".join))
def test_whatever_is_written_is_harmless(text: str) -> None:
    assert_does_nothing(MarkdownItRenderer()._one(text))


async def test_what_markdown_is_for_works() -> None:
    html = await rendered(
        "# Sea\n\nI *paint* the **sea**, ~~daily~~\nnow.\n\n3. one\n\n> quoted\n\n`code`\n\n"
        "[shop](https://example.org/a?b=c&d 'brushes') <https://example.org> <me@example.org>"
    )
    assert "<h3>Sea</h3>" in html
    assert "I <em>paint</em> the <strong>sea</strong>, <s>daily</s><br>" in html
    assert '<ol start="3">' in html
    assert "<blockquote>\n<p>quoted</p>\n</blockquote>" in html
    assert (
        '<a href="https://example.org/a?b=c&amp;d" title="brushes" rel="nofollow noopener ugc">shop</a>'
        in html
    )
    assert '<a href="mailto:me@example.org" rel="nofollow noopener ugc">me@example.org</a>' in html


async def test_headings_stay_below_those_of_the_page() -> None:
    html = await rendered("# a\n## b\n### c\n#### d\n##### e\n###### f\n\ng\n===")
    assert [tag for tag, _ in elements(html) if tag[0] == "h"] == ["h3", "h4", "h5", "h6", "h6", "h6", "h3"]


@pytest.mark.parametrize(
    "unit", ["> ", "- ", "[", "*a **", "`", "<", "&amp;", "[a](<", "![", "1. ", "\\", "_"]
)
async def test_any_text_of_the_allowed_length_is_rendered_or_refused(unit: str) -> None:
    text = (unit * MAX_DESCRIPTION_CHARACTERS)[:MAX_DESCRIPTION_CHARACTERS]
    try:
        html = await rendered(text)
    except Invalid as refused:
        assert refused.slug == "text-too-complex"
    else:
        assert len(html) <= MAX_HTML_CHARACTERS


async def test_text_that_makes_too_much_of_itself_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        await rendered("<" * (MAX_HTML_CHARACTERS // 4))  # `&lt;` each
    assert refused.value.slug == "text-too-complex"


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
