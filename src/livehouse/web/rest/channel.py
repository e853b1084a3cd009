"""Channels: what is live, one channel, changing one's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from livehouse.accounts.contract import Actor
from livehouse.channel.application import ChatModesChange as ChatModesResult
from livehouse.channel.application import SettingsChange
from livehouse.channel.contract import Privacy
from livehouse.processes.reading_channel_page import ChannelPage as ChannelPageResult
from livehouse.streaming.application.queries import BroadcastView
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.plain_route import PlainRoute
from livehouse.web.preconditions import (
    NOT_MODIFIED,
    IfMatch,
    IfNoneMatch,
    Representation,
    expected_version,
)
from livehouse.web.problems import may_answer
from livehouse.web.rest.account import DeletionRequest
from livehouse.web.rest.images import AvatarUrl, BannerUrl, image_url
from livehouse.web.rest.shapes import AS_WRITTEN, Body, DisplayName, Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["channels"], route_class=PlainRoute)


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


class ChatModesShape(Shape):
    slow_mode_s: Annotated[int, Field(description="Pause between two messages of one person; 0: none")]
    followers_only_min: Annotated[
        int | None, Field(description="So many minutes one must have followed; null: one need not")
    ]
    members_only: bool
    emotes_only: bool


class Channel(Shape):
    id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["ada"])]
    display_name: DisplayName
    owner_id: Annotated[str, Field(examples=["acc_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(description="Its name; empty without one", examples=["Art"])]
    category_slug: Annotated[str | None, Field(examples=["art"])]
    tags: Annotated[list[str], Field(examples=[["watercolour", "English"]])]
    language: Annotated[str, Field(description="Empty: none was said", examples=["en"])]
    is_mature: Annotated[bool, Field(description="Not for everyone; players ask first")]
    is_recorded: Annotated[bool, Field(description="Broadcasts are kept")]
    ladder: Annotated[
        list[int],
        Field(description="Heights the broadcast is offered in; empty: automatic", examples=[[720, 480]]),
    ]
    privacy: Privacy
    chat_modes: ChatModesShape
    created_at: Rfc3339
    broadcast: Annotated[ChannelBroadcast | None, Field(description="null while offline")]
    chat: ChannelChat
    avatar_url: AvatarUrl
    banner_url: BannerUrl


class ChatModesChange(Body):
    """What is left out stays as it is."""

    slow_mode_s: Annotated[int, Field(description="0 to 1800; 0: none")] = 0
    followers_only_min: Annotated[
        int | None, Field(description="0 to 129600, which is 90 days; null: one need not follow")
    ] = None
    members_only: bool = False
    emotes_only: bool = False


class ChannelChange(Body):
    """What is left out, or null, stays as it is."""

    title: Annotated[
        str | None,
        Field(max_length=3000, description="At most 140 characters", examples=["Painting the sea"]),
    ] = None
    category: Annotated[
        str | None,
        Field(max_length=200, description="Name or slug of a category; empty: none", examples=["Art"]),
    ] = None
    tags: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(
            max_length=20,
            description="At most 10, each of up to 25 letters and digits",
            examples=[["watercolour", "English"]],
        ),
    ] = None
    language: Annotated[
        str | None,
        Field(max_length=8, description="Two or three letters (RFC 5646); empty: none", examples=["en"]),
    ] = None
    is_mature: bool | None = None
    is_recorded: bool | None = None
    ladder: Annotated[
        list[int] | None,
        Field(
            max_length=8,
            description="Up to 6 of 2160, 1440, 1080, 720, 480, 360, 240, 144; empty: automatic",
            examples=[[720, 480]],
        ),
    ] = None
    privacy: Annotated[Privacy, AS_WRITTEN] | None = None
    chat_modes: ChatModesChange | None = None


class NewName(Body):
    new_name: Annotated[
        str,
        Field(
            max_length=100,
            description="3 to 25 letters, digits and underscores; capitals are shown and count as small",
            examples=["grace"],
        ),
    ]


class ChannelDeletion(Shape):
    deletion_due_at: Annotated[Rfc3339, Field(description="Until then it can be taken back")]


@router.get(
    "/channels/{name}",
    responses=NOT_MODIFIED,
    response_model=Channel,
)
async def get_channel(
    name: str, actor: CurrentActor, cases: Cases, if_none_match: IfNoneMatch = None
) -> Response:
    """One channel with its running broadcast."""
    return _answer(await cases.processes.read_channel_page(actor, name), if_none_match)


@router.patch(
    "/channels/{name}",
    response_model=Channel,
    openapi_extra=may_answer(
        "channel-changed",
        "title-missing",
        "title-too-long",
        "no-such-category",
        "too-many-tags",
        "malformed-tag",
        "malformed-language",
        "malformed-ladder",
        "slow-mode-range",
        "followers-only-range",
    ),
)
async def change_channel(
    name: str,
    body: ChannelChange,
    actor: CurrentActor,
    cases: Cases,
    if_match: IfMatch = None,
) -> Response:
    """Change title, category or settings. For the owner and editors."""
    await cases.channel.change_channel(
        actor,
        name,
        _change(body),
        expected_version=expected_version(if_match, "channel-changed"),
    )
    return _answer(await _changed(cases, actor, name), None)


@router.post(
    "/channels",
    status_code=201,
    response_model=Channel,
    openapi_extra=may_answer("channel-exists", "name-taken"),
)
async def create_channel(actor: CurrentActor, cases: Cases) -> Response:
    """Make a new, empty channel after one's own was erased."""
    channel = await cases.channel.manager.create_again(actor)
    page = await _changed(cases, actor, channel.name.value)
    return _answer(page, None, status=201, headers={"Location": f"/api/v1/channels/{channel.name}"})


@router.post(
    "/channels/{name}/rename",
    response_model=Channel,
    openapi_extra=may_answer(
        "malformed-name", "reserved-name", "same-name", "name-taken", "name-too-similar", "renamed-lately"
    ),
)
async def rename_channel(name: str, body: NewName, actor: CurrentActor, cases: Cases) -> Response:
    """Give channel and account another name. For the owner, once in 14 days; the old name leads to the new
    one (308) and is kept for 90 days."""
    renamed = await cases.processes.rename_channel(actor, name, body.new_name)
    cases.processes.read_channel_page.forget(name)
    page = await _changed(cases, actor, renamed.name.value)
    return _answer(page, None, headers={"Location": f"/api/v1/channels/{renamed.name}"})


@router.post(
    "/channels/{name}/deletion",
    status_code=202,
    openapi_extra=may_answer("wrong-password", "too-many-tries", "sign-in-busy"),
)
async def request_channel_deletion(
    name: str, body: DeletionRequest, actor: CurrentActor, cases: Cases
) -> ChannelDeletion:
    """Have the channel erased after 14 days, with its roles, stream keys and chat. For the owner, who is told
    by mail."""
    channel = await cases.processes.delete_channel(actor, name, body.password)
    assert channel.deletion_due_at is not None
    return ChannelDeletion(deletion_due_at=channel.deletion_due_at)


@router.delete("/channels/{name}/deletion", status_code=204)
async def cancel_channel_deletion(name: str, actor: CurrentActor, cases: Cases) -> None:
    """Keep the channel after all. For the owner."""
    await cases.channel.manager.cancel_deletion(actor, name)


async def _changed(cases: Cases, actor: Actor, name: str) -> ChannelPageResult:
    """As it is now: who changed something is shown it."""
    cases.processes.read_channel_page.forget(name)
    cases.channel.list_channels.forget()
    return await cases.processes.read_channel_page(actor, name)


def _answer(
    page: ChannelPageResult,
    if_none_match: str | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return _represented(page).answer(if_none_match, status=status, headers=headers)


# Once for each page and not for each of its visitors.
@lru_cache(maxsize=2000)
def _represented(page: ChannelPageResult) -> Representation:
    channel, broadcast, owner = page.channel, page.broadcast, page.owner
    modes = channel.chat_modes
    body = Channel(
        id=str(channel.id),
        name=channel.name.value,
        display_name=channel.name.value if owner is None else owner.written(channel.name.value),
        owner_id=str(channel.owner_id),
        title=channel.title,
        category=channel.category,
        category_slug=channel.category_slug,
        tags=list(channel.tags),
        language=channel.language,
        is_mature=channel.is_mature,
        is_recorded=channel.is_recorded,
        ladder=list(channel.ladder),
        privacy=channel.privacy,
        chat_modes=ChatModesShape(
            slow_mode_s=modes.slow_mode_s,
            followers_only_min=modes.followers_only_min,
            members_only=modes.members_only,
            emotes_only=modes.emotes_only,
        ),
        created_at=channel.created_at,
        broadcast=None if broadcast is None else _broadcast(broadcast),
        chat=ChannelChat(room_url=f"/chat/{channel.name}"),
        avatar_url=None if owner is None else image_url(owner.avatar),
        banner_url=image_url(page.banner),
    ).model_dump_json()
    return Representation.of(body, channel.version)


def _change(body: ChannelChange) -> SettingsChange:
    modes = None
    if body.chat_modes is not None:
        said = body.chat_modes.model_fields_set
        modes = ChatModesResult(
            slow_mode_s=body.chat_modes.slow_mode_s if "slow_mode_s" in said else None,
            followers_only_min=body.chat_modes.followers_only_min,
            followers_only_off="followers_only_min" in said and body.chat_modes.followers_only_min is None,
            members_only=body.chat_modes.members_only if "members_only" in said else None,
            emotes_only=body.chat_modes.emotes_only if "emotes_only" in said else None,
        )
    return SettingsChange(
        title=body.title,
        category=body.category,
        tags=body.tags,
        language=body.language,
        is_mature=body.is_mature,
        is_recorded=body.is_recorded,
        ladder=body.ladder,
        privacy=body.privacy,
        chat_modes=modes,
    )


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
