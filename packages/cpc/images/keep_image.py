"""An upload is read, made anew and stored, before anybody's row names it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cpc.images.image import MAX_UPLOAD_BYTES, ImageForm, ImageName, too_large
from cpc.images.ports import ImageMaker, ImageStore, ImagesUnitOfWorkFactory
from cpc.kernel.clock import Clock
from cpc.kernel.errors import RateLimited


class KeepImage:
    """One upload of somebody at a time, so that nobody holds all the places.

    The image is in doubt before it is stored: should this process die on the way, or the row that was to
    name it not be written, the worker collects it.
    """

    def __init__(
        self, units: ImagesUnitOfWorkFactory, maker: ImageMaker, store: ImageStore, clock: Clock
    ) -> None:
        self._units = units
        self._maker = maker
        self._store = store
        self._clock = clock
        self._uploading: set[str] = set()

    async def __call__(self, body: AsyncIterator[bytes], form: ImageForm, *, by: str) -> ImageName:
        """by: who uploads. Raises `RateLimited` (image-in-progress), and what maker and store raise."""
        if by in self._uploading:
            raise RateLimited("image-in-progress", "Your last image is still being worked on.", 1.0)
        self._uploading.add(by)
        try:
            image = await self._maker.make(await _read(body), form)
            async with self._units() as unit:
                await unit.images_in_doubt.add(image.name, self._clock.now())
            await self._store.put(image)
        finally:
            self._uploading.discard(by)
        return image.name


async def _read(body: AsyncIterator[bytes]) -> bytes:
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > MAX_UPLOAD_BYTES:
            raise too_large()
    return bytes(content)
