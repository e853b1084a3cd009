"""Channels: what is live, one channel, changing one's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from livehouse.accounts.contract import Actor
from livehouse.channel.application import Channel as ChannelResult
from livehouse.streaming.application.queries import BroadcastView
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.preconditions import (
    NOT_MODIFIED,
    IfMatch,
    IfNoneMatch,
    expected_version,
    versioned_answer,
)
from livehouse.web.rest.shapes import Body, Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["channels"])


class ChannelCard(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(examples=["Art"])]
    is_live: bool
    viewers: Annotated[int, Field(ge=0, examples=[42])]
    started_at: Annotated[Rfc3339 | None, Field(description="Of the running broadcast")]


class ChannelPage(Shape):
    channels: list[ChannelCard]
    next_cursor: NextCursor


class ChannelBroadcast(Shape):
    id: Annotated[str, Field(examples=["brd_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    state: Annotated[str, Field(description="offered, live or interrupted", examples=["live"])]
    started_at: Rfc3339 | None
    viewers: Annotated[int, Field(ge=0)]
    codec: Annotated[str | None, Field(examples=["AV1"])]
    width: int | None
    height: int | None


class ChannelChat(Shape):
    room_url: Annotated[str, Field(description="Path below `chat_url` of /server", examples=["/chat/ada"])]


class Channel(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    owner_id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(examples=["Art"])]
    created_at: Rfc3339
    broadcast: Annotated[ChannelBroadcast | None, Field(description="null while offline")]
    chat: ChannelChat


class ChannelChange(Body):
    title: Annotated[str | None, Field(max_length=3000, description="At most 140 characters")] = None
    category: Annotated[str | None, Field(max_length=1000, description="At most 50 characters")] = None


@router.get("/channels")
async def list_channels(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    live: Annotated[bool, Query(description="Only those that are live")] = False,
    limit: Limit = 24,
    cursor: Cursor = None,
) -> ChannelPage:
    """Channels, live and most watched first."""
    page = await cases.channel.list_channels(actor, live_only=live, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return ChannelPage(
        channels=[
            ChannelCard(
                id=str(card.id),
                name=card.name.value,
                title=card.title,
                category=card.category,
                is_live=card.is_live,
                viewers=card.viewers,
                started_at=card.started_at,
            )
            for card in page.channels
        ],
        next_cursor=page.next_cursor,
    )


@router.get("/channels/{name}", responses=NOT_MODIFIED, response_model=Channel)
async def get_channel(
    name: str, actor: CurrentActor, cases: Cases, if_none_match: IfNoneMatch = None
) -> Response:
    """One channel with its running broadcast."""
    channel = await cases.channel.channel_by_name(actor, name)
    return await _answer(cases, actor, channel, if_none_match)


@router.patch("/channels/{name}", response_model=Channel)
async def change_channel(
    name: str,
    body: ChannelChange,
    actor: CurrentActor,
    cases: Cases,
    if_match: IfMatch = None,
) -> Response:
    """Change title or category. For the owner and editors."""
    changed = await cases.channel.change_channel(
        actor,
        name,
        title=body.title,
        category=body.category,
        expected_version=expected_version(if_match, "channel-changed"),
    )
    return await _answer(cases, actor, changed, None)


async def _answer(cases: Cases, actor: Actor, channel: ChannelResult, if_none_match: str | None) -> Response:
    broadcast = await cases.streaming.current_broadcast(actor, channel.id)
    body = Channel(
        id=str(channel.id),
        name=channel.name.value,
        owner_id=str(channel.owner_id),
        title=channel.title,
        category=channel.category,
        created_at=channel.created_at,
        broadcast=None if broadcast is None else _broadcast(broadcast),
        chat=ChannelChat(room_url=f"/chat/{channel.name}"),
    ).model_dump_json()
    return versioned_answer(body, channel.version, if_none_match)


def _broadcast(view: BroadcastView) -> ChannelBroadcast:
    return ChannelBroadcast(
        id=str(view.id),
        state=view.state,
        started_at=view.started_at,
        viewers=view.viewers,
        codec=view.codec,
        width=view.width,
        height=view.height,
    )
