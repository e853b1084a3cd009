"""Pages of lists, and cursors: where a list goes on, as text that only whoever made it reads."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cpc.kernel.errors import Invalid

MAX_CURSOR_CHARACTERS = 400
MAX_PAGE = 100

Item = TypeVar("Item")
Place = TypeVar("Place")
CursorPart = str | int | bool | None


def page_size(limit: int) -> int:
    """How many a page has when `limit` are asked for."""
    return max(1, min(limit, MAX_PAGE))


def cut_page(
    found: Sequence[Item], limit: int, cursor_after: Callable[[Item], str]
) -> tuple[Sequence[Item], str | None]:
    """The page, and the cursor of the next one; None at the end.

    found: `limit + 1` of the list, or as many as are left.
    """
    page = found[:limit]
    return page, cursor_after(page[-1]) if len(found) > limit else None


def write_cursor(listing: str, *parts: CursorPart) -> str:
    """listing: names the list, so that a cursor of another one is refused. parts: what its order goes by."""
    content = json.dumps([listing, *parts], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(content.encode()).rstrip(b"=").decode()


def read_cursor(cursor: str | None, listing: str, place: Callable[..., Place]) -> Place | None:
    """`place(*parts)`; None for the first page, which no cursor leads to.

    A part may be of another kind than was written; what `place` raises then is fine. A cursor is not signed:
    it says no more than the list itself, and who forges one only turns to another page of it. Raises
    `Invalid` (malformed-cursor).
    """
    if cursor is None:
        return None
    try:
        if len(cursor) > MAX_CURSOR_CHARACTERS:
            raise ValueError(cursor)
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content: Any = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(content, list) or content[:1] != [listing] or not all(map(_is_part, content)):
            raise ValueError(cursor)
        return place(*content[1:])
    except (ValueError, OverflowError, TypeError, AttributeError, RecursionError, Invalid):
        raise Invalid("malformed-cursor", "The cursor is not one of ours. Start again without it.") from None


def _is_part(value: object) -> bool:
    """What a database takes too: integers of 64 bits, text without NUL and lone surrogates."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    return value is None or (isinstance(value, int) and -(2**63) <= value < 2**63)
