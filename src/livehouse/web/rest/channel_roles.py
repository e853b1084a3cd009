"""Who may do what on a channel beside its owner, and the channels one may do something on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from livehouse.channel.application import ChannelRole, RoleHolder
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import AS_WRITTEN, Body, DisplayName, Rfc3339, Shape, SuspensionShape

router = APIRouter(prefix="/api/v1", tags=["channels"], route_class=PlainRoute)


class RoleHolderShape(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["grace"])]
    display_name: DisplayName
    avatar_url: AvatarUrl
    role: ChannelRole
    granted_at: Rfc3339


class RoleList(Shape):
    roles: Annotated[list[RoleHolderShape], Field(description="Editors, then moderators, then VIPs")]
    next_cursor: NextCursor


class RoleWish(Body):
    role: Annotated[ChannelRole, AS_WRITTEN]


class OwnChannelShape(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    role: Annotated[str, Field(description="owner, editor, moderator or vip", examples=["editor"])]
    suspension: Annotated[
        SuspensionShape | None,
        Field(description="The one that counts now; that of the owner's account for the owner alone"),
    ]
    deletion_due_at: Annotated[Rfc3339 | None, Field(description="When it will be erased; mostly null")]


class OwnChannels(Shape):
    channels: Annotated[list[OwnChannelShape], Field(description="One's own first")]
    next_cursor: NextCursor


@router.get("/channels/{name}/roles")
async def list_channel_roles(
    name: str,
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RoleList:
    """Who has a role on the channel. For the owner, editors, moderators and administrators."""
    page = await cases.channel.list_roles(actor, name, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return RoleList(roles=[_holder(holder) for holder in page.holders], next_cursor=page.next_cursor)


@router.put(
    "/channels/{name}/roles/{account}",
    openapi_extra=may_answer("no-such-account", "is-owner", "person-blocked", "too-many-roles"),
)
async def grant_channel_role(
    name: str, account: str, body: RoleWish, actor: CurrentActor, cases: Cases
) -> RoleHolderShape:
    """Make somebody editor, moderator or VIP; what they were before is replaced. For the owner."""
    return _holder(await cases.channel.grant_role(actor, name, account, body.role))


@router.delete(
    "/channels/{name}/roles/{account}",
    status_code=204,
    openapi_extra=may_answer("no-such-account", "no-role"),
)
async def revoke_channel_role(name: str, account: str, actor: CurrentActor, cases: Cases) -> None:
    """Take a role away, at once. For the owner; anybody may lay down a role of their own."""
    if actor.name is not None and account.lower() == actor.name.value:
        await cases.channel.revoke_role.lay_down(actor, name)
    else:
        await cases.channel.revoke_role(actor, name, account)


@router.get("/me/channels")
async def list_my_channels(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OwnChannels:
    """One's own channel and those one has a role on."""
    page = await cases.channel.list_own_channels(actor, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return OwnChannels(
        channels=[
            OwnChannelShape(
                id=str(own.channel.id),
                name=own.channel.name.value,
                title=own.channel.title,
                role=own.role.value.lower(),
                suspension=SuspensionShape.of(own.suspension),
                deletion_due_at=own.channel.deletion_due_at,
            )
            for own in page.channels
        ],
        next_cursor=page.next_cursor,
    )


def _holder(holder: RoleHolder) -> RoleHolderShape:
    return RoleHolderShape(
        id=str(holder.person.id),
        name=holder.person.name.value,
        display_name=holder.person.shown_name,
        avatar_url=image_url(holder.person.avatar),
        role=holder.role,
        granted_at=holder.granted_at,
    )
