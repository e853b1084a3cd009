"""Lists of channels."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from livehouse.channel.application import ChannelCard as ChannelCardResult
from livehouse.channel.application.browse import ChannelPage as ChannelPageResult
from livehouse.channel.contract import Privacy
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import DisplayName, Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["channels"], route_class=PlainRoute)


class ChannelCard(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(description="Its name; empty without one", examples=["Art"])]
    category_slug: Annotated[str | None, Field(examples=["art"])]
    tags: Annotated[list[str], Field(examples=[["watercolour", "English"]])]
    language: Annotated[str, Field(description="Empty: none was said", examples=["en"])]
    is_mature: bool
    privacy: Privacy
    is_live: bool
    viewers: Annotated[int, Field(ge=0, examples=[42])]
    started_at: Annotated[Rfc3339 | None, Field(description="Of the running broadcast")]
    avatar_url: AvatarUrl


class ChannelPage(Shape):
    channels: list[ChannelCard]
    next_cursor: NextCursor


@router.get(
    "/channels",
    response_model=ChannelPage,
    openapi_extra=may_answer("no-such-category", "malformed-language"),
)
async def list_channels(
    request: Request,
    actor: CurrentActor,
    cases: Cases,
    live: Annotated[bool, Query(description="Only those that are live")] = False,
    category: Annotated[
        str | None, Query(max_length=100, description="Slug of a category", examples=["art"])
    ] = None,
    tag: Annotated[
        str | None, Query(max_length=100, description="In any capitals", examples=["watercolour"])
    ] = None,
    language: Annotated[
        str | None, Query(max_length=8, description="Two or three letters (RFC 5646)", examples=["en"])
    ] = None,
    limit: Limit = 24,
    cursor: Cursor = None,
) -> Response:
    """Channels, live and most watched first. Unlisted and suspended ones are in no list."""
    page = await cases.channel.list_channels(
        actor,
        live_only=live,
        category=category,
        tag=tag,
        language=language,
        cursor=cursor,
        limit=limit,
    )
    response = Response(_represented(page), media_type="application/json")
    link_next(request, response, page.next_cursor)
    return response


# Once for each page and not for each of its visitors.
@lru_cache(maxsize=256)
def _represented(page: ChannelPageResult) -> str:
    shape = ChannelPage(channels=[channel_card(card) for card in page.channels], next_cursor=page.next_cursor)
    return shape.model_dump_json(by_alias=True)


def channel_card(card: ChannelCardResult) -> ChannelCard:
    return ChannelCard(
        id=str(card.id),
        name=card.name.value,
        display_name=card.shown_name,
        title=card.title,
        category=card.category,
        category_slug=card.category_slug,
        tags=list(card.tags),
        language=card.language,
        is_mature=card.is_mature,
        privacy=card.privacy,
        is_live=card.is_live,
        viewers=card.viewers,
        started_at=card.started_at,
        avatar_url=image_url(card.avatar),
    )
