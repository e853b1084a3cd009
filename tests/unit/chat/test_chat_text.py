"""Whatever is typed becomes one line of visible text, or a clear refusal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.errors import Invalid
from cpc.kernel.text import MARKS_IN_A_ROW
from livehouse.chat.domain.chat_text import clean_chat_text


def clean(text: str) -> str:
    return clean_chat_text(text, characters=500)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("hello", "hello"),
        ("  two   words \n and\ta\u2028line ", "two words and a line"),
        ("a\x00b\x07c\x1b[31md\x9be", "abc[31mde"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("abc\u202edef\u202c \u2066x\u2069\u200e\u200f\u061c", "abcdef x"),
        ("zero\u200bwidth\ufeff\u2060\u00ad", "zerowidth"),
        ("cafe\u0301", "café"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),  # woman technologist
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),  # Persian needs its non-joiner
        ("a\u200d\u200d\u200c b\u200d \u200cc\u200d", "a b c"),
        ("a\u200d\u200db", "a\u200db"),
        ("❤\ufe0f\ufe0f\ufe0f", "❤\ufe0f"),
        (
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),  # England
        ("a\U000e0068\U000e0069b", "ab"),
        ("z" + "\u0335" * 40 + "o", "z" + "\u0335" * MARKS_IN_A_ROW + "o"),
        ("lone \ud800 surrogate", "lone surrogate"),
    ],
)
def test_what_is_typed_and_what_is_shown(typed: str, shown: str) -> None:
    assert clean(typed) == shown


@pytest.mark.parametrize(
    "typed", ["", "   ", "\n\t", "\u200b\u202e", "\u3164\u2800", "\u200d", "\u0301", "\x00"]
)
def test_nothing_to_see_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean(typed)
    assert refused.value.slug == "empty-message"


def test_the_limit_counts_what_is_shown() -> None:
    assert len(clean("x" * 500 + "\u200b" * 10 + "  ")) == 500
    with pytest.raises(Invalid) as refused:
        clean("x" * 501)
    assert refused.value.slug == "message-too-long"


_TRICKY = st.characters(categories=["Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp", "Cs", "Ll", "So", "Lo"])


@given(st.text(_TRICKY, max_size=60))
def test_clean_text_is_clean(typed: str) -> None:
    try:
        shown = clean_chat_text(typed, characters=1000)
    except Invalid:
        return
    assert clean_chat_text(shown, characters=1000) == shown
    assert unicodedata.is_normalized("NFC", shown)
    shown.encode()
    assert shown == shown.strip(" ")
    for character in shown:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in (
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        )  # fmt: skip
