"""Cursors: what was written is read, anything else is refused."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.cursors import MAX_CURSOR_CHARACTERS, cut_page, page_size, read_cursor, write_cursor
from cpc.kernel.errors import Invalid

PARTS = st.lists(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
    max_size=4,
)


@dataclass(frozen=True)
class Place:
    viewers: int
    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.viewers, int) or not isinstance(self.name, str):
            raise TypeError(self)


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@given(PARTS)
def test_what_was_written_is_read(parts: list[object]) -> None:
    cursor = write_cursor("channels", *parts)  # type: ignore[arg-type]
    assert read_cursor(cursor, "channels", lambda *read: list(read)) == parts
    assert cursor.isascii()
    assert not set("=+/&?# ") & set(cursor), "goes into a query as it is"


@given(st.text(max_size=60) | st.binary(max_size=60).map(encoded))
def test_nothing_else_is_read(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_cursor(cursor, "channels", Place)
    assert refused.value.slug == "malformed-cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        write_cursor("blocks", 1, "ada"),
        write_cursor("channels", 1),
        write_cursor("channels", 1, "ada", 2),
        write_cursor("channels", "ada", 1),
        write_cursor("channels", 1, "ada") + "!",
        write_cursor("channels", 1, "a\0"),
        write_cursor("channels", 2**63, "ada"),
        write_cursor("channels", 1, "a" * MAX_CURSOR_CHARACTERS),
        encoded(b'["channels",1.5,"ada"]'),
        encoded(b'["channels",1,"\\ud800"]'),
        encoded(b'["channels",1,["ada"]]'),
        encoded(b'{"channels":1}'),
        encoded(b"[" * 290),
        "",
    ],
)
def test_a_cursor_of_another_list_or_form_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_cursor(cursor, "channels", Place)
    assert refused.value.slug == "malformed-cursor"


@pytest.mark.parametrize("error", [Invalid("malformed-id", "not an id"), OverflowError("a date in year 0")])
def test_a_place_may_refuse_what_was_well_formed(error: Exception) -> None:
    def refuses(_: object) -> Place:
        raise error

    with pytest.raises(Invalid) as refused:
        read_cursor(write_cursor("channels", "x"), "channels", refuses)
    assert refused.value.slug == "malformed-cursor"


def test_a_page_is_cut_from_one_more_than_it_shows() -> None:
    letters = ["a", "b", "c"]
    assert cut_page(letters, 2, str.upper) == (["a", "b"], "B")
    assert cut_page(letters, 3, str.upper) == (letters, None)
    assert cut_page([], 1, str.upper) == ([], None)
    assert [page_size(limit) for limit in (-1, 1, 100, 101)] == [1, 1, 100, 100]


def test_the_first_page_has_no_cursor() -> None:
    assert read_cursor(None, "letters", str) is None
