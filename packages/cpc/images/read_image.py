"""Serving what was stored: anybody who knows the name may."""

from __future__ import annotations

from cpc.images.image import ImageFile
from cpc.images.ports import ImageStore
from cpc.kernel.errors import NotFound


class ReadImage:
    def __init__(self, store: ImageStore) -> None:
        self._store = store

    async def __call__(self, file: str) -> bytes:
        """file: `<name>.webp`. Raises `NotFound` (no-such-image), `Unavailable` (images-away)."""
        parsed = ImageFile.parse(file)
        content = None if parsed is None else await self._store.get(parsed)
        if content is None:
            raise NotFound("no-such-image", "There is no such image. It may have been replaced.")
        return content
