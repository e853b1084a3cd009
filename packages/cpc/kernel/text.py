"""Text that people type, as others are shown it. One notion of what can be seen, for chat, titles and names.

Nothing is escaped: what shows text decides how.
"""

from __future__ import annotations

import re
import unicodedata

MARKS_IN_A_ROW = 4

# Controls, lone surrogates, private characters, and noncharacters (Unicode 15 section 23.7). Unassigned ones
# stay: emoji are younger than this Python's tables.
_CONTROL = (
    r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    "\U000f0000-\U0010ffff"
)
# Bidirectional embeddings, overrides and isolates can turn the words of the neighbours round (UAX #9); the
# marks LRM, RLM and ALM cannot, but nobody can see them either.
_BIDIRECTIONAL = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Invisible everywhere, and used to slip words past filters: zero-width space, word joiner, BOM, soft hyphen,
# invisible operators, deprecated formats, interlinear annotation, grapheme joiner, Mongolian vowel separator.
_INVISIBLE = r"\u00ad\u034f\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb"
_PLANE_ENDS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xF0000, 0x10000)
)
_REMOVED = re.compile(f"[{_CONTROL}{_BIDIRECTIONAL}{_INVISIBLE}{_PLANE_ENDS}]")

# Tag characters are invisible letters; in the flags of England, Scotland and Wales they are right (UTS #51
# ED-14a).
_TAGS = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|[\U000e0000-\U000e0fff]"
)

# Joiners shape Persian, Indic scripts and emoji: one between two characters is right, more or elsewhere is
# not.
_STRAY_JOINERS = re.compile(
    "(?<![^ \n\t])[\u200c\u200d]+|[\u200c\u200d]+(?![^ \n\t])|(?<=[\u200c\u200d])[\u200c\u200d]+"
)
_EXTRA_SELECTORS = re.compile("(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+")
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def visible_text(text: str, *, keep: str = "") -> str:
    """In NFC, without control, bidirectional and invisible characters, but for those of `keep`; at most four
    combining marks in a row. Empty when nothing is left that can be seen.
    """
    while (cleaned := _cleaned(text, keep)) != text:  # what was apart may meet once something between is gone
        text = cleaned
    return "" if all(map(_is_blank, text)) else text


def visible_line(text: str) -> str:
    """That in one line: trimmed, white space folded."""
    while (cleaned := " ".join(visible_text(" ".join(text.split())).split())) != text:
        text = cleaned
    return text


def _cleaned(text: str, keep: str) -> str:
    text = _REMOVED.sub(lambda found: found[0] if found[0] in keep else "", text)
    if text.isascii():
        return text
    text = _TAGS.sub(lambda found: found[1] or "", text)
    text = unicodedata.normalize("NFC", _without_stacked_marks(unicodedata.normalize("NFC", text)))
    return _STRAY_JOINERS.sub("", _EXTRA_SELECTORS.sub("", text))


def _without_stacked_marks(text: str) -> str:
    """More of them pile up over the lines above and below."""
    kept = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def _is_blank(character: str) -> bool:
    return character in _BLANK_LETTERS or unicodedata.category(character) in ("Cc", "Zs", "Cf", "Mn", "Me")
