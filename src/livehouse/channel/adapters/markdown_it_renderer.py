"""Markdown made HTML by markdown-it and cleaned by nh3 (ammonia), in a process that has little of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cpc.kernel.confined_program import AllPlacesTaken, ConfinedProgram, ProgramStopped
from cpc.kernel.errors import Invalid, Unavailable

# So much HTML may a thousand characters of Markdown make; text, links and lists stay far below it.
MAX_HTML_CHARACTERS = 200_000
# Prose takes half a step a character, Markdown as dense as it gets 1.3, and a page has 35 000 characters at
# most; of a text of brackets alone, each takes twenty.
MAX_STEPS = 120_000

_PROGRAM = Path(__file__).with_name("markdown_child.py")
_SETTINGS = json.dumps(
    {
        "memory_bytes": 512 * 2**20,
        "cpu_s": 3,
        "max_steps": MAX_STEPS,
        "max_html_characters": MAX_HTML_CHARACTERS,
    }
)


class MarkdownItRenderer:
    """At most `at_once` processes and `max_waiting` pages before them; more are told to come back."""

    version = 1

    def __init__(self, *, at_once: int = 2, max_waiting: int = 32, timeout_s: float = 20.0) -> None:
        self._program = ConfinedProgram(
            _PROGRAM, at_once=at_once, max_waiting=max_waiting, timeout_s=timeout_s
        )

    async def html(self, texts: Sequence[str]) -> tuple[str, ...]:
        if not any(texts):
            return ("",) * len(texts)
        try:
            answer = await self._program.run(json.dumps(texts).encode(), _SETTINGS)
        except AllPlacesTaken:
            raise Unavailable(
                "texts-busy", "Many texts are being worked on. Try again in a moment.", 2.0
            ) from None
        except ProgramStopped:
            raise _too_complex() from None
        # Nothing where it was killed: by its limits, or by whoever runs the machine.
        html = json.loads(answer or "null")
        if html is None:
            raise _too_complex()
        return tuple(html)


def _too_complex() -> Invalid:
    return Invalid(
        "text-too-complex",
        "The text takes more work than a text should: too many brackets, or too deeply nested. Write it more "
        "simply.",
    )
