"""Avatars and banners: sent as they are, served from names that hold a hash of what they show."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field

from cpc.images.image import MAX_UPLOAD_BYTES, ImageName
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.plain_route import PlainRoute
from livehouse.web.preconditions import NOT_MODIFIED, IfNoneMatch, entity_tags
from livehouse.web.problems import may_answer
from livehouse.web.rest.shapes import Shape

UPLOADS: Final = re.compile(r"/api/v1/me/avatar|/api/v1/channels/[^/]+/(?:banner|about/image)")
"""Paths whose bodies may have `MAX_UPLOAD_BYTES`."""

_TAKEN = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/gif")
_UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "description": f"The file itself, at most {MAX_UPLOAD_BYTES // 2**20} MiB; its bytes say what it is.",
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TAKEN},
    }
}
_REFUSALS = may_answer(
    *("not-an-image", "image-type-not-taken", "image-too-large", "image-damaged", "image-too-complex"),
    *("image-in-progress", "too-many-images", "images-busy", "images-away"),
)

AvatarUrl = Annotated[
    str | None,
    Field(
        description="300 pixels square; with -150 or -70 before .webp smaller. null: none",
        examples=["/images/5d41402abc4b2a76b9719d911017c592a1b2c3d4.webp"],
    ),
]

BannerUrl = Annotated[
    str | None,
    Field(
        description="At most 1500 by 500 pixels. null: none",
        examples=["/images/5d41402abc4b2a76b9719d911017c592a1b2c3d4.webp"],
    ),
]

router = APIRouter(prefix="/api/v1", tags=["images"], route_class=PlainRoute)
files = APIRouter(tags=["images"], route_class=PlainRoute)


class Avatar(Shape):
    avatar_url: AvatarUrl


class Banner(Shape):
    banner_url: BannerUrl


class PanelImage(Shape):
    image: Annotated[
        str,
        Field(
            description="At most 640 by 960 pixels; for `image` of a panel",
            examples=["/images/5d41402abc4b2a76b9719d911017c592a1b2c3d4.webp"],
        ),
    ]


def image_url(name: ImageName | None) -> str | None:
    return None if name is None else name.path


@router.put("/me/avatar", openapi_extra=_UPLOAD | _REFUSALS)
async def change_avatar(request: Request, actor: CurrentActor, cases: Cases) -> Avatar:
    """Send an avatar: cut to a square, turned upright, without what a camera wrote into it."""
    account = await cases.accounts.change_avatar(actor, request.stream())
    cases.processes.read_channel_page.forget(account.name.value)
    cases.channel.list_channels.forget()
    return Avatar(avatar_url=image_url(account.avatar))


@router.delete("/me/avatar", status_code=204)
async def remove_avatar(actor: CurrentActor, cases: Cases) -> None:
    """Go without an avatar. Doing it twice is fine."""
    await cases.accounts.change_avatar.remove(actor)
    if actor.name is not None:
        cases.processes.read_channel_page.forget(actor.name.value)
    cases.channel.list_channels.forget()


@router.put("/channels/{name}/banner", openapi_extra=_UPLOAD | _REFUSALS)
async def change_banner(name: str, request: Request, actor: CurrentActor, cases: Cases) -> Banner:
    """Send a banner. For the owner and editors."""
    banner = await cases.channel.change_banner(actor, name, request.stream())
    cases.processes.read_channel_page.forget(name)
    return Banner(banner_url=image_url(banner))


@router.put("/channels/{name}/about/image", openapi_extra=_UPLOAD | _REFUSALS)
async def upload_panel_image(name: str, request: Request, actor: CurrentActor, cases: Cases) -> PanelImage:
    """Send a picture for a panel, then name it there; the same picture has the same name. For the owner and
    editors.
    """
    made = await cases.channel.upload_panel_image(actor, name, request.stream())
    return PanelImage(image=made.path)


@router.delete("/channels/{name}/banner", status_code=204)
async def remove_banner(name: str, actor: CurrentActor, cases: Cases) -> None:
    """Go without a banner. Doing it twice is fine. For the owner and editors."""
    await cases.channel.change_banner.remove(actor, name)
    cases.processes.read_channel_page.forget(name)


@files.get(
    "/images/{file}",
    openapi_extra=may_answer("no-such-image", "images-away"),
    response_class=Response,
    responses={
        200: {"description": "The image, for ever the same", "content": {"image/webp": {}}},
        **NOT_MODIFIED,
    },
)
async def get_image(file: str, cases: Cases, if_none_match: IfNoneMatch = None) -> Response:
    """An image by the address that answers name. It never changes, so it may be kept for ever."""
    etag = f'"{file[:60]}"'
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": etag,
        # Opened by itself it is a picture and nothing that could run.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    content = await cases.read_image(file)
    if if_none_match is not None and any(tag.opaque == etag for tag in entity_tags(if_none_match)):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="image/webp")
