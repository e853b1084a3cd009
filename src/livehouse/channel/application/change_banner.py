"""The wide picture at the top of a channel's page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cpc.images.image import ImageForm, ImageName
from cpc.images.keep_image import KeepImage
from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelId

BANNER = ImageForm(sizes=((1500, 500),), is_cropped=False)


class ChangeBanner:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, keep_image: KeepImage, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._keep_image = keep_image
        self._clock = clock

    async def __call__(self, actor: Actor, name: str, body: AsyncIterator[bytes]) -> ImageName:
        """body: the file; not read before it is known that its sender may.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `RateLimited` (image-in-progress), `Unprocessable`
        (not-an-image, image-type-not-taken, image-too-large, image-damaged, image-too-complex),
        `Unavailable` (images-busy, images-away).
        """
        channel_id = await self._allowed(actor, name)
        banner = await self._keep_image(body, BANNER, by=str(actor.require_account()))
        await self._set(channel_id, banner)
        return banner

    async def remove(self, actor: Actor, name: str) -> None:
        """Doing it twice is fine. Raises `Unauthenticated`, `NotFound`, `Forbidden`."""
        await self._set(await self._allowed(actor, name), None)

    async def _allowed(self, actor: Actor, name: str) -> ChannelId:
        self._access.check(actor, Action.CHANGE_BANNER)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.CHANGE_BANNER, channel.id)
        return channel.id

    async def _set(self, channel_id: ChannelId, banner: ImageName | None) -> None:
        async with self._unit_of_work() as unit:
            replaced = await unit.banners.replace(channel_id, banner)
            if replaced is not None and replaced != banner:
                await unit.images_in_doubt.add(replaced, self._clock.now())


class BannerUses:
    """The `ImageUses` of this slice."""

    def __init__(self, unit_of_work: UnitOfWorkFactory) -> None:
        self._unit_of_work = unit_of_work

    async def used(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        async with self._unit_of_work() as unit:
            return await unit.banners.among(names)
