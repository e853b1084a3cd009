"""What administrators do to channels."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from livehouse.channel.application import Channel as ChannelResult
from livehouse.channel.application import ChannelState
from livehouse.channel.contract import Privacy
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.administration import NewSuspension
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import Rfc3339, Shape, SuspensionShape

router = APIRouter(prefix="/api/v1/administration/channels", tags=["administration"], route_class=PlainRoute)


class AdministeredChannel(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    owner_id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    privacy: Privacy
    created_at: Rfc3339
    suspension: Annotated[SuspensionShape | None, Field(description="The last one; its end may have passed")]
    deletion_due_at: Annotated[Rfc3339 | None, Field(description="When it will be erased; mostly null")]


class ListedAdministeredChannel(AdministeredChannel):
    avatar_url: AvatarUrl


class AdministeredChannels(Shape):
    channels: list[ListedAdministeredChannel]
    next_cursor: NextCursor


@router.get("")
async def list_all_channels(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    query: Annotated[str, Query(max_length=25, description="What names begin with")] = "",
    state: Annotated[ChannelState | None, Query(description="Left out: all")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AdministeredChannels:
    """Channels by name, also unlisted and suspended ones. For administrators."""
    page = await cases.channel.list_all_channels(actor, query=query, state=state, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return AdministeredChannels(
        channels=[
            ListedAdministeredChannel(
                **_administered(channel).model_dump(),
                avatar_url=None if owner is None else image_url(owner.avatar),
            )
            for channel, owner in page.channels
        ],
        next_cursor=page.next_cursor,
    )


@router.put("/{name}/suspension", openapi_extra=may_answer("malformed-reason", "suspension-end"))
async def suspend_channel(
    name: str, body: NewSuspension, actor: CurrentActor, cases: Cases
) -> AdministeredChannel:
    """Suspend a channel: nobody sees it any more, and its broadcast ends. For administrators."""
    suspended = await cases.channel.manager.suspend(actor, name, reason=body.reason, until=body.until)
    cases.channel.list_channels.forget()
    return _administered(suspended)


@router.delete(
    "/{name}/suspension",
    status_code=204,
    openapi_extra=may_answer("not-suspended", "malformed-reason"),
)
async def reinstate_channel(
    name: str,
    actor: CurrentActor,
    cases: Cases,
    reason: Annotated[str, Query(max_length=2000, description="1 to 500 characters")],
) -> None:
    """Let a suspended channel be seen again. For administrators."""
    await cases.channel.manager.reinstate(actor, name, reason=reason)
    cases.channel.list_channels.forget()


def _administered(channel: ChannelResult) -> AdministeredChannel:
    return AdministeredChannel(
        id=str(channel.id),
        name=channel.name.value,
        owner_id=str(channel.owner_id),
        title=channel.title,
        privacy=channel.privacy,
        created_at=channel.created_at,
        suspension=SuspensionShape.of(channel.suspension),
        deletion_due_at=channel.deletion_due_at,
    )
