"""What the settings of a channel may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from cpc.kernel.errors import Invalid
from cpc.kernel.text import visible_line

MAX_TAGS = 10
MAX_TAG_CHARACTERS = 25
RUNGS = (2160, 1440, 1080, 720, 480, 360, 240, 144)
"""Heights a broadcast may be offered in."""
MAX_RUNGS = 6
_LANGUAGE = re.compile(r"[a-z]{2,3}")  # RFC 5646 section 2.2.1, from ISO 639


def one_line(text: str, max_characters: int, what: str) -> str:
    """As `visible_line`. Raises `Invalid` (title-too-long and the like, by `what`)."""
    if len(text) > max_characters * 20:  # before any work on it
        raise _too_long(what, max_characters)
    kept = visible_line(text)
    if len(kept) > max_characters:
        raise _too_long(what, max_characters)
    return kept


def titled(text: str, max_characters: int, whose: str) -> str:
    """As `one_line`, of what has to have a title. Raises `Invalid` (title-too-long, title-missing)."""
    line = one_line(text, max_characters, "title")
    if not line:
        raise Invalid("title-missing", f"Give the {whose} a title.")
    return line


def valid_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """In the order given, one of those that differ by capitals only; empty ones left out.

    Raises `Invalid` (malformed-tag, too-many-tags).
    """
    if len(tags) > MAX_TAGS * 2:  # before any work on them
        raise _too_many_tags()
    kept: dict[str, str] = {}
    for tag in filter(None, map(_tag, tags)):
        kept.setdefault(tag.casefold(), tag)
    if len(kept) > MAX_TAGS:
        raise _too_many_tags()
    return tuple(kept.values())


def valid_language(text: str) -> str:
    """Empty: none is said. Raises `Invalid` (malformed-language)."""
    language = text.strip().lower() if text.isascii() else text
    if language and not _LANGUAGE.fullmatch(language):
        raise Invalid("malformed-language", "A language is two or three letters, such as en, de or yue.")
    return language


def valid_ladder(heights: Sequence[int]) -> tuple[int, ...]:
    """The highest first, each once. Raises `Invalid` (malformed-ladder)."""
    if len(heights) > len(RUNGS) or not set(heights) <= set(RUNGS) or len(set(heights)) > MAX_RUNGS:
        raise Invalid(
            "malformed-ladder",
            f"A ladder has at most {MAX_RUNGS} of the heights {', '.join(map(str, RUNGS))}; none: automatic.",
        )
    return tuple(sorted(set(heights), reverse=True))


def _tag(text: str) -> str:
    tag = unicodedata.normalize("NFC", text[: MAX_TAG_CHARACTERS * 4].strip())
    if len(tag) > MAX_TAG_CHARACTERS or any(unicodedata.category(sign)[0] not in "LMN" for sign in tag):
        raise Invalid(
            "malformed-tag", f"A tag has up to {MAX_TAG_CHARACTERS} letters and digits, without spaces."
        )
    return tag


def _too_many_tags() -> Invalid:
    return Invalid("too-many-tags", f"A channel has at most {MAX_TAGS} tags.")


def _too_long(what: str, max_characters: int) -> Invalid:
    return Invalid(f"{what}-too-long", f"The {what} may have at most {max_characters} characters.")
