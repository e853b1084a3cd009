"""The process that makes HTML of a channel's Markdown and ends: `python -I markdown_child.py SETTINGS`, the
texts on its input as a list in JSON.

What a parser makes of text that was written to hurt it stays in here. Prints a list of HTML in JSON, or
`null` where the texts take more work, or make more HTML, than texts should.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "h3", "h4", "h5", "h6", "a"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_URL_SCHEMES = {"http", "https", "mailto"}


class TooComplex(Exception):
    """The texts take more work, or make more HTML, than texts should."""


def main() -> None:
    settings = json.loads(sys.argv[1])
    _confine(settings["memory_bytes"], settings["cpu_s"])
    texts = json.loads(sys.stdin.buffer.read())
    try:
        html = Rendering(settings["max_steps"], settings["max_html_characters"]).html(texts)
    except TooComplex:
        html = None
    sys.stdout.buffer.write(json.dumps(html).encode())
    sys.stdout.buffer.flush()


class Rendering:
    """CommonMark with strikethrough; a line end is a line end, as people expect of a text field.

    Left out: raw HTML (shown as text), pictures (their host would learn who looks) and tables (a few
    characters make thousands of cells). Headings begin at the third level: the page has those above.

    steps: how often the parser tried one of its rules so far. That is what it spends its time on, and the
    same for a text on every machine, so that the same texts are refused everywhere.
    """

    def __init__(self, max_steps: int, max_html_characters: int) -> None:
        self.steps = 0
        self._max_steps = max_steps
        self._max_html_characters = max_html_characters
        self._markdown = (
            MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False})
            .enable("strikethrough")
            .disable("image")
        )
        for ruler in (
            self._markdown.block.ruler,
            self._markdown.inline.ruler,
            self._markdown.inline.ruler2,
        ):
            for rule in ruler.__rules__:
                ruler.at(rule.name, self._counted(rule.fn), {"alt": rule.alt})

    def html(self, texts: Sequence[str]) -> list[str]:
        """Raises `TooComplex`."""
        made: list[str] = []
        left = self._max_html_characters
        for text in texts:
            made.append(self._one(text, left))
            left -= len(made[-1])
        return made

    def _one(self, text: str, max_characters: int) -> str:
        tokens = self._markdown.parse(text)
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        made = self._markdown.renderer.render(tokens, self._markdown.options, {})
        cleaned = nh3.clean(
            made,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=_URL_SCHEMES,
            url_relative="deny",
            link_rel="nofollow noopener ugc",
        )
        if len(cleaned) > max_characters:
            raise TooComplex
        return cleaned

    def _counted(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.steps += 1
            if self.steps > self._max_steps:
                raise TooComplex
            return rule(*arguments)

        return counted


def _confine(memory_bytes: int, cpu_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)


if __name__ == "__main__":
    main()
