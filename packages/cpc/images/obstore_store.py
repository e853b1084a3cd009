"""Images in a folder, or in S3, Google Cloud Storage or Azure, by one client."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, from_url

from cpc.images.image import ImageFile, ImageName, MadeImage
from cpc.kernel.errors import Unavailable

_TIMEOUT_S = 15.0
_ATTRIBUTES = {
    "Content-Type": "image/webp",
    "Cache-Control": "public, max-age=31536000, immutable",
}


class ObstoreImages:
    """Objects `images/<2 digits>/<name>/<width or full>.webp`.

    A folder gets a file as a whole or not at all: it is written beside and renamed.
    """

    def __init__(self, store: Any, *, attributes: bool) -> None:
        """store: one of obstore's. attributes: it keeps them, as folders do not."""
        self._store = store
        self._attributes = _ATTRIBUTES if attributes else None

    @classmethod
    def in_folder(cls, folder: Path) -> ObstoreImages:
        return cls(LocalStore(folder, mkdir=True), attributes=False)

    @classmethod
    def at(cls, url: str) -> ObstoreImages:
        """url: `s3://bucket/path`, `gs://…`, `az://…`; credentials come from the environment."""
        return cls(from_url(url), attributes=True)

    @classmethod
    def in_memory(cls) -> ObstoreImages:
        return cls(MemoryStore(), attributes=True)

    async def put(self, image: MadeImage) -> None:
        for width, content in image.files.items():
            path = _path(ImageFile(image.name, width))
            await self._run(obstore.put_async(self._store, path, content, attributes=self._attributes))

    async def get(self, file: ImageFile) -> bytes | None:
        found = await self._run(self._get(_path(file)))
        return None if found is None else bytes(found)

    async def _get(self, path: str) -> Any:
        try:
            answer = await obstore.get_async(self._store, path)
        except (NotFoundError, FileNotFoundError):
            return None
        return await answer.bytes_async()

    async def delete(self, name: ImageName) -> None:
        await self._run(self._delete(_folder(name)))

    async def _delete(self, folder: str) -> None:
        found = await obstore.list(self._store, folder).collect_async()
        paths = [each["path"] for each in found]
        if paths:
            await obstore.delete_async(self._store, paths)

    @staticmethod
    async def _run(work: Any) -> Any:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await work
        except (BaseError, OSError, TimeoutError) as error:
            raise Unavailable("images-away", "Images cannot be kept or read at the moment.", 5.0) from error


def _folder(name: ImageName) -> str:
    return f"images/{name.text[:2]}/{name}"


def _path(file: ImageFile) -> str:
    return f"{_folder(file.name)}/{file.width or 'full'}.webp"
