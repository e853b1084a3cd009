"""Search for channels and categories."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.categories import CategoryCard, category_card
from livehouse.web.rest.directory import ChannelCard, channel_card
from livehouse.web.rest.shapes import Shape

router = APIRouter(prefix="/api/v1", tags=["search"], route_class=PlainRoute)


class SearchResult(Shape):
    channels: Annotated[list[ChannelCard], Field(description="The best first")]
    categories: Annotated[list[CategoryCard], Field(description="The best first")]


@router.get("/search", openapi_extra=may_answer("search-empty", "search-too-long"))
async def search(
    actor: CurrentActor,
    cases: Cases,
    q: Annotated[
        str, Query(min_length=1, max_length=200, description="1 to 60 characters", examples=["ada"])
    ],
    type: Annotated[  # noqa: A002 - the word of the address
        Literal["channels", "categories"] | None, Query(description="Only these; without it: both")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="How many of each")] = 20,
) -> SearchResult:
    """Channels by name, title and tags: the one of that very name first, then names that begin so, then what
    is live. A typing error is forgiven.
    """
    found = await cases.channel.search(
        actor, q, channels=type != "categories", categories=type != "channels", limit=limit
    )
    return SearchResult(
        channels=[channel_card(card) for card in found.channels],
        categories=[category_card(card) for card in found.categories],
    )
