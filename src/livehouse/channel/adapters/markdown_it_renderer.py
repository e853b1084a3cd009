"""Markdown made HTML by markdown-it and cleaned by nh3 (ammonia)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt

from cpc.kernel.errors import Invalid

# So much HTML may a thousand characters of Markdown make; text, links and lists stay far below it.
MAX_HTML_CHARACTERS = 200_000

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "h3", "h4", "h5", "h6", "a"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_URL_SCHEMES = {"http", "https", "mailto"}


class MarkdownItRenderer:
    """CommonMark with strikethrough; a line end is a line end, as people expect of a text field.

    Left out: raw HTML (shown as text), pictures (their host would learn who looks) and tables (a few
    characters make thousands of cells). Headings begin at the third level: the page has those above.
    """

    version = 1

    def __init__(self) -> None:
        self._markdown = (
            MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False})
            .enable("strikethrough")
            .disable("image")
        )

    async def html(self, texts: Sequence[str]) -> tuple[str, ...]:
        if not any(texts):
            return ("",) * len(texts)
        return await asyncio.to_thread(self._all, tuple(texts))

    def _all(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        html = tuple(self._one(text) for text in texts)
        if sum(map(len, html)) > MAX_HTML_CHARACTERS:
            raise Invalid("text-too-complex", "The text is too deeply nested. Write it more simply.")
        return html

    def _one(self, text: str) -> str:
        tokens = self._markdown.parse(text)
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        made = self._markdown.renderer.render(tokens, self._markdown.options, {})
        return nh3.clean(
            made,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=_URL_SCHEMES,
            url_relative="deny",
            link_rel="nofollow noopener ugc",
        )
