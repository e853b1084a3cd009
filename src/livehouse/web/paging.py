"""Lists a page at a time: `limit` and `cursor` in, `next_cursor` and `Link: rel="next"` (RFC 8288) out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import Field

from cpc.kernel.cursors import MAX_CURSOR_CHARACTERS, MAX_PAGE

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many on a page")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=MAX_CURSOR_CHARACTERS,
        description="`next_cursor` of the page before, as it came; without it: the first page",
    ),
]
NextCursor = Annotated[
    str | None,
    Field(
        description="Send as `cursor` for the next page; null at the end. `Link` holds its address",
        examples=["WyJjaGFubmVscyIsdHJ1ZSw0MiwiY2huXzAxOThmMGEyIl0"],
    ),
]


def link_next(request: Request, response: Response, next_cursor: str | None) -> None:
    """The next page's address, as the present one was asked for; nothing at the end."""
    if next_cursor is not None:
        address = request.url.include_query_params(cursor=next_cursor)
        response.headers.append("Link", f'<{address.path}?{address.query}>; rel="next"')
