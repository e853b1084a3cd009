"""Text that people type, as others are shown it."""

from __future__ import annotations

import unicodedata

_DROPPED = frozenset({"Cc", "Cs", "Cn", "Co"})  # controls, lone surrogates, unassigned and private characters
# They turn the words of their neighbours round (UAX #9).
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible_text(text: str, *, keep: str = "") -> str:
    """In NFC; control, bidirectional-override and unassigned characters dropped, but for those of `keep`."""
    kept = "".join(
        character
        for character in text
        if character in keep
        or (unicodedata.category(character) not in _DROPPED and character not in _DIRECTIONS)
    )
    return unicodedata.normalize("NFC", kept)


def visible_line(text: str) -> str:
    """That in one line: trimmed, white space folded."""
    return " ".join(visible_text(" ".join(text.split())).split())
