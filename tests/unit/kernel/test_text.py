"""What people write: cleaned once it stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cpc.kernel.text import MARKS_IN_A_ROW, visible_line, visible_text

PERSIAN = "\u0645\u064a\u200c\u062e\u0648\u0627\u0647\u0645"  # joiners shape it


@given(st.text(st.characters()))
@example("0\r\x08 0")
@example("a\x08\u0301")
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    cleaned = visible_line(text)
    assert visible_line(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set("\0\t\n\r\x1b\u202e\u2066\ud800")
    assert visible_text(visible_text(text, keep="\n"), keep="\n") == visible_text(text, keep="\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Painting \t the\nsea ", "Painting the sea"),
        ("a\x08\u0301\u202eb", "\u00e1b"),
        (PERSIAN, PERSIAN),
        ("\x1b \u2066", ""),
        ("\u200b\u200b", ""),
        ("\u3164 \u2800", ""),
        ("\u200d\u0301", ""),
        ("a\u200bb\ufeff\u00ad", "ab"),
        ("\ue000icon", "icon"),
        ("\U0001fae8 new", "\U0001fae8 new"),  # an emoji of 2022
        ("a\u200d\u200d b", "a b"),
        ("z" + "\u0335" * 40, "z" + "\u0335" * MARKS_IN_A_ROW),
    ],
)
def test_words_stay_and_what_hides_goes(text: str, line: str) -> None:
    assert visible_line(text) == line
    assert visible_text(text.strip(), keep="\n\t").count("\n") == text.strip().count("\n")
