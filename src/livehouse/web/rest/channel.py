"""Channels: what is live, one channel, changing one's own."""

from __future__ import annotations

import re
import zlib
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from cpc.kernel.errors import Invalid, PreconditionFailed
from livehouse.accounts.contract import Actor
from livehouse.channel.application import Channel as ChannelResult
from livehouse.streaming.application.queries import BroadcastView
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
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
    next_cursor: Annotated[
        str | None, Field(description="Send as `cursor` for the next page; null at the end")
    ]


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
    actor: CurrentActor,
    cases: Cases,
    live: Annotated[bool, Query(description="Only those that are live")] = False,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> ChannelPage:
    """Channels, live and most watched first."""
    page = await cases.channel.list_channels(actor, live_only=live, cursor=cursor, limit=limit)
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


@router.get(
    "/channels/{name}", responses={304: {"description": "As in the ETag sent"}}, response_model=Channel
)
async def get_channel(
    name: str,
    actor: CurrentActor,
    cases: Cases,
    if_none_match: Annotated[str | None, Header()] = None,
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
    if_match: Annotated[str | None, Header(description="The ETag the change is based on")] = None,
) -> Response:
    """Change title or category. For the owner and editors."""
    changed = await cases.channel.change_channel(
        actor,
        name,
        title=body.title,
        category=body.category,
        expected_version=None if if_match is None else _version(if_match),
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
    # The first number is what If-Match compares, the second makes the tag one of the whole answer.
    etag = f'"{channel.version}-{zlib.crc32(body.encode()):08x}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and (if_none_match.strip() == "*" or etag in _tags(if_none_match)):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


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


_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def _tags(header: str) -> list[str]:
    """The entity tags of an If-None-Match, compared weakly (RFC 9110 section 13.1.2)."""
    return [match.group(2) for match in _TAG.finditer(header)]


def _version(if_match: str) -> int | None:
    """The version asked for, None for `*`. Weak tags never match (RFC 9110 section 13.1.1)."""
    if if_match.strip() == "*":
        return None
    tags = [match.group(2) for match in _TAG.finditer(if_match) if match.group(1) is None]
    if not tags and not _TAG.search(if_match):
        raise Invalid(
            "malformed-if-match", "If-Match holds no entity tag. Send the ETag as it came, with quotes."
        )
    versions = [
        int(found.group(1)) for tag in tags if (found := re.fullmatch(r'"(\d{1,9})-[0-9a-f]{8}"', tag))
    ]
    if not versions:
        raise PreconditionFailed("channel-changed", "The channel never had that ETag. Load it again.")
    return max(versions)
