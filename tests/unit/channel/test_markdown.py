"""Markdown becomes HTML that does nothing, in a process that has little of everything."""

from __future__ import annotations

import asyncio
import sys
from html.parser import HTMLParser
from urllib.parse import urlsplit

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpc.kernel.errors import Invalid
from livehouse.channel.adapters.markdown_child import Rendering, TooComplex
from livehouse.channel.adapters.markdown_it_renderer import MAX_HTML_CHARACTERS, MAX_STEPS, MarkdownItRenderer
from livehouse.channel.domain.about import MAX_DESCRIPTION_CHARACTERS, MAX_PANEL_CHARACTERS, MAX_PANELS

ALLOWED = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "h3", "h4", "h5", "h6", "a"),
}


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


def rendered_here(text: str) -> str:
    """What the process makes of it, made in this one."""
    (html,) = Rendering(MAX_STEPS, MAX_HTML_CHARACTERS).html([text])
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
def test_hostile_text_becomes_harmless(text: str) -> None:
    assert_does_nothing(rendered_here(text))


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
    assert_does_nothing(rendered_here(text))


def test_what_markdown_is_for_works() -> None:
    html = rendered_here(
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


def test_headings_stay_below_those_of_the_page() -> None:
    html = rendered_here("# a\n## b\n### c\n#### d\n##### e\n###### f\n\ng\n===")
    assert [tag for tag, _ in elements(html) if tag[0] == "h"] == ["h3", "h4", "h5", "h6", "h6", "h6", "h3"]


_FULL_PAGE = [MAX_DESCRIPTION_CHARACTERS] + [MAX_PANEL_CHARACTERS] * MAX_PANELS


def test_an_honest_page_of_dense_markdown_is_far_below_what_is_refused() -> None:
    paragraph = (
        "## The *sea*\n\nI paint **ships** and ~~sharks~~ [for a shop](https://example.org/a_b 'Shop').\n"
        "- oil on wood\n- `acrylic`, <https://example.org>\n\n> Said of me: *fine*\n\n1. one\n2. two\n\n"
    )
    rendering = Rendering(MAX_STEPS, MAX_HTML_CHARACTERS)
    rendering.html([(paragraph * 30)[:length] for length in _FULL_PAGE])
    assert rendering.steps < MAX_STEPS / 2


@pytest.mark.parametrize(
    "unit",
    [
        "> ",
        "- ",
        "[",
        "![a](",
        "[x][",
        "[\n",
        "* [",
        "*a **",
        "a*",
        "~~a ",
        "`",
        "<",
        "<a ",
        "&amp;",
        "[a](<",
        "1. ",
        "\\",
        "_",
        "]",
        "- a\n",
        "a\n",
        "# a\n",
        "[a]: /x\n",
        "<![CDATA[",
        "\t",
        '[a]: x "\n',
    ],
)
def test_no_page_takes_more_work_than_is_allowed(unit: str) -> None:
    rendering = Rendering(MAX_STEPS, MAX_HTML_CHARACTERS)
    try:
        html = rendering.html([(unit * length)[:length] for length in _FULL_PAGE])
    except TooComplex:
        assert rendering.steps <= MAX_STEPS + 1
    else:
        assert rendering.steps <= MAX_STEPS
        assert sum(map(len, html)) <= MAX_HTML_CHARACTERS


@pytest.mark.parametrize("text", ["[" * 5000, "![a](" * 1000, "> " * 50 + "a\n" * 2450])
async def test_a_page_of_brackets_or_of_quotations_in_each_other_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        await MarkdownItRenderer().html([text] + [text[:MAX_PANEL_CHARACTERS]] * MAX_PANELS)
    assert refused.value.slug == "text-too-complex"


async def test_text_that_makes_too_much_of_itself_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        await MarkdownItRenderer().html(["<" * (MAX_HTML_CHARACTERS // 4)])  # `&lt;` each
    assert refused.value.slug == "text-too-complex"


async def test_html_is_made_in_a_process_that_ends() -> None:
    """The parser is not even loaded where requests are answered."""
    before = psutil.Process().children()
    assert await MarkdownItRenderer().html(["*a*", "", "b"]) == (
        "<p><em>a</em></p>\n",
        "",
        "<p>b</p>\n",
    )
    assert await MarkdownItRenderer().html(["", ""]) == ("", "")
    assert psutil.Process().children() == before
    loaded = (
        "import sys, livehouse.channel.adapters.markdown_it_renderer\n"
        "assert not {'markdown_it', 'nh3'} & set(sys.modules), 'the parser is loaded'"
    )
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", loaded)
    assert await program.wait() == 0


async def test_what_takes_too_long_is_stopped_and_what_does_not_fit_is_told_to_come_back() -> None:
    with pytest.raises(Invalid) as refused:
        await MarkdownItRenderer(timeout_s=0.0).html(["a"])
    assert refused.value.slug == "text-too-complex"
    renderer = MarkdownItRenderer(at_once=1, max_waiting=1)
    answers = await asyncio.gather(*(renderer.html(["a"]) for _ in range(5)), return_exceptions=True)
    assert answers.count(("<p>a</p>\n",)) == 2
    assert {getattr(one, "slug", None) for one in answers} == {None, "texts-busy"}
    assert await renderer.html(["a"]) == ("<p>a</p>\n",)
