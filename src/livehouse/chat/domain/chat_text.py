"""Cleaning what people type, so that it can only ever be one line of visible text.

Nothing is escaped: chat text is never HTML, the page renders text nodes.
"""

from __future__ import annotations

import re
import unicodedata

from cpc.kernel.errors import Invalid

_LINE_SPACE = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")

# Controls, lone surrogates, and noncharacters (Unicode 15 section 23.7).
_CONTROL = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
# Bidirectional embeddings, overrides and isolates can turn the words of the neighbours round (UAX #9); the
# marks LRM, RLM and ALM cannot, but nobody can see them either.
_BIDIRECTIONAL = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Invisible everywhere, and used to slip words past filters: zero-width space, word joiner, BOM, soft hyphen,
# invisible operators, deprecated formats, interlinear annotation, grapheme joiner, Mongolian vowel separator.
_INVISIBLE = r"\u00ad\u034f\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb"
_REMOVED = re.compile(f"[{_CONTROL}{_BIDIRECTIONAL}{_INVISIBLE}]|[\U0001fffe\U0001ffff\U0010fffe\U0010ffff]")

# Tag characters are invisible letters; in the flags of England, Scotland and Wales they are right (UTS #51
# ED-14a).
_TAGS = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|[\U000e0000-\U000e0fff]"
)

# Joiners shape Persian, Indic scripts and emoji: one between two characters is right, more or elsewhere is
# not.
_STRAY_JOINERS = re.compile(
    "(?<![^ ])[\u200c\u200d]+|[\u200c\u200d]+(?![^ ])|(?<=[\u200c\u200d])[\u200c\u200d]+"
)
_EXTRA_SELECTORS = re.compile("(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+")

MARKS_IN_A_ROW = 4
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def clean_chat_text(text: str, *, characters: int) -> str:
    """One line of NFC text without control, bidirectional and invisible characters.

    Raises `Invalid`: `empty-message` when nothing visible is left, `message-too-long` above `characters`
    code points.
    """
    text = _LINE_SPACE.sub(" ", text)
    text = _REMOVED.sub("", text)
    text = _TAGS.sub(lambda found: found[1] or "", text)
    text = unicodedata.normalize("NFC", _without_stacked_marks(unicodedata.normalize("NFC", text)))
    text = _EXTRA_SELECTORS.sub("", text)
    text = re.sub(" +", " ", _STRAY_JOINERS.sub("", text)).strip(" ")
    if all(_is_blank(character) for character in text):
        raise Invalid("empty-message", "The message has no visible character.")
    if len(text) > characters:
        raise Invalid(
            "message-too-long", f"The message has {len(text)} characters; at most {characters} are allowed."
        )
    return text


def _without_stacked_marks(text: str) -> str:
    """At most four combining marks in a row: more pile up over the lines above and below."""
    if text.isascii():
        return text
    kept = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def _is_blank(character: str) -> bool:
    return character in _BLANK_LETTERS or unicodedata.category(character) in ("Zs", "Cf", "Mn", "Me")
