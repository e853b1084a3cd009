"""Text that people type, as others are shown it."""

from __future__ import annotations

import unicodedata

_DROPPED = frozenset({"Cc", "Cs", "Cn", "Co"})
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible_line(text: str) -> str:
    """Trimmed, white space folded; control, bidirectional-override and unassigned characters dropped."""
    visible = "".join(
        character
        for character in unicodedata.normalize("NFC", " ".join(text.split()))
        if unicodedata.category(character) not in _DROPPED and character not in _DIRECTIONS
    )
    return " ".join(visible.split())
