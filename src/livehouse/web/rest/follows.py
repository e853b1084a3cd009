"""Following channels, and what binds one to a channel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from livehouse.social.application import Follow as FollowResult
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.images import AvatarUrl, image_url
from livehouse.web.rest.shapes import Body, DisplayName, Rfc3339, Shape
from livehouse.web.rest.subscription_shapes import Subscription, subscription_shape

router = APIRouter(prefix="/api/v1", tags=["social"], route_class=PlainRoute)


class Follow(Shape):
    followed_at: Rfc3339
    notifies: Annotated[bool, Field(description="Whether to be told when the channel goes live")]


class FollowPreference(Body):
    notifies: Annotated[
        bool | None, Field(description="Left out: as it was; a new follow notifies", examples=[True])
    ] = None


class FollowedChannel(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(description="Its name; empty without one", examples=["Art"])]
    avatar_url: AvatarUrl
    is_live: bool
    viewers: Annotated[int | None, Field(ge=0, description="null while offline", examples=[42])]
    followed_at: Rfc3339
    notifies: bool


class Following(Shape):
    channels: Annotated[list[FollowedChannel], Field(description="Newest first")]
    next_cursor: NextCursor


class Follower(Shape):
    id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["grace"])]
    display_name: DisplayName
    avatar_url: AvatarUrl
    followed_at: Rfc3339


class Followers(Shape):
    followers: Annotated[list[Follower], Field(description="Newest first")]
    next_cursor: NextCursor


class FollowerCount(Shape):
    followers: Annotated[int, Field(ge=0, examples=[42])]


class Relationship(Shape):
    roles: Annotated[
        list[str],
        Field(
            description="follower, paid subscriber, VIP, moderator, editor, owner, administrator",
            examples=[["follower"]],
        ),
    ]
    follow: Annotated[Follow | None, Field(description="null unless one follows")]
    subscription: Annotated[
        Subscription | None, Field(description="Also one that is over; null if there never was one")
    ]


@router.put(
    "/channels/{name}/follow",
    openapi_extra=may_answer("follow-refused", "own-channel", "too-many-follows", "follow-rate"),
)
async def follow_channel(
    name: str, actor: CurrentActor, cases: Cases, body: FollowPreference | None = None
) -> Follow:
    """Follow a channel, or change whether it notifies. Twice is as once."""
    notifies = None if body is None else body.notifies
    return _follow(await cases.social.follow_channel(actor, name, notifies=notifies))


@router.delete("/channels/{name}/follow", status_code=204)
async def unfollow_channel(name: str, actor: CurrentActor, cases: Cases) -> None:
    """Follow it no longer. Twice is as once."""
    await cases.social.unfollow_channel(actor, name)


@router.get("/me/following")
async def list_following(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Following:
    """The channels one follows. Suspended ones are left out for as long as they are."""
    page = await cases.social.list_following(actor, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return Following(
        channels=[
            FollowedChannel(
                id=str(channel.id),
                name=channel.name.value,
                display_name=channel.shown_name,
                title=channel.title,
                category=channel.category,
                avatar_url=image_url(channel.avatar),
                is_live=channel.is_live,
                viewers=channel.viewers if channel.is_live else None,
                followed_at=follow.followed_at,
                notifies=follow.notifies,
            )
            for channel, follow in page.follows
        ],
        next_cursor=page.next_cursor,
    )


@router.get("/channels/{name}/followers")
async def list_followers(
    name: str,
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Followers:
    """Who follows the channel. For the owner, editors and moderators."""
    page = await cases.social.list_followers(actor, name, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return Followers(
        followers=[
            Follower(
                id=str(follower.id),
                name=follower.name.value,
                display_name=follower.shown_name,
                avatar_url=image_url(follower.avatar),
                followed_at=follow.followed_at,
            )
            for follower, follow in page.followers
        ],
        next_cursor=page.next_cursor,
    )


@router.get("/channels/{name}/followers/count")
async def count_followers(name: str, actor: CurrentActor, cases: Cases) -> FollowerCount:
    """How many follow the channel."""
    return FollowerCount(followers=await cases.social.count_followers(actor, name))


@router.get("/channels/{name}/relationship")
async def get_relationship(name: str, actor: CurrentActor, cases: Cases) -> Relationship:
    """What binds one to the channel: what the page's buttons show."""
    relationship = await cases.social.read_relationship(actor, name)
    return Relationship(
        roles=sorted(role.value for role in relationship.roles),
        follow=None if relationship.follow is None else _follow(relationship.follow),
        subscription=(
            None if relationship.subscription is None else subscription_shape(relationship.subscription)
        ),
    )


def _follow(follow: FollowResult) -> Follow:
    return Follow(followed_at=follow.followed_at, notifies=follow.notifies)
