"""Pictures of panels and categories: uploaded, named by rows, and given up when no row names them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

from cpc.images.image import ImageFile, ImageForm, ImageName
from cpc.images.keep_image import KeepImage
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name

PANEL = ImageForm(sizes=((640, 960),), is_cropped=False)


class UploadPanelImage:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, keep_image: KeepImage) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._keep_image = keep_image

    async def __call__(self, actor: Actor, name: str, body: AsyncIterator[bytes]) -> ImageName:
        """body: the file; not read before it is known that its sender may. An image that no panel names
        within some time is given up.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `RateLimited` (image-in-progress), `Unprocessable`
        (not-an-image, image-type-not-taken, image-too-large, image-damaged, image-too-complex),
        `Unavailable` (images-busy, images-away).
        """
        self._access.check(actor, Action.UPLOAD_PANEL_IMAGE)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.UPLOAD_PANEL_IMAGE, channel.id)
        return await self._keep_image(body, PANEL, by=str(actor.require_account()))


class PageImageUses:
    """The `ImageUses` of panels and categories."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def used(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        paths = [name.path for name in names]
        async with self._unit_of_work() as unit:
            found = await unit.about.images_among(paths) | await unit.categories.box_art_among(paths)
        return frozenset(name for name in names if name.path in found)


async def let_go(
    unit: UnitOfWork, before: Collection[str | None], now_named: Collection[str | None], now: datetime
) -> None:
    """Pictures that a row names no more may be nobody's: the worker looks at them later."""
    for path in sorted(path for path in set(before) - set(now_named) if path):
        file = ImageFile.parse(path.removeprefix("/images/"))
        if file is not None:
            await unit.images_in_doubt.add(file.name, now)
