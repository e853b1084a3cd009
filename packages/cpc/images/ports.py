"""What images need from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from cpc.images.image import ImageFile, ImageForm, ImageName, MadeImage


class ImageMaker(Protocol):
    async def make(self, content: bytes, form: ImageForm) -> MadeImage:
        """The first picture of a file, upright, without metadata, as WebP.

        Raises `Unprocessable` (not-an-image, image-type-not-taken, image-too-large, image-damaged,
        image-too-complex), `Unavailable` (images-busy).
        """
        ...


class ImageStore(Protocol):
    """Raises `Unavailable` (images-away) while it cannot be reached."""

    async def put(self, image: MadeImage) -> None: ...

    async def get(self, file: ImageFile) -> bytes | None: ...

    async def delete(self, name: ImageName) -> None:
        """All its sizes. One that is not there is gone already."""
        ...


class ImagesInDoubt(Protocol):
    """Images that may be nobody's: just stored, or just let go. A worker looks at them later."""

    async def add(self, name: ImageName, since: datetime) -> None:
        """Again for the same one puts the look off."""
        ...

    async def take(self, before: datetime) -> ImageName | None:
        """One in doubt since longer, out of the list. Until the unit of work ends nobody can add it anew."""
        ...


class ImagesUnitOfWork(Protocol):
    """Commits on a clean exit, rolls back on an exception."""

    @property
    def images_in_doubt(self) -> ImagesInDoubt: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


ImagesUnitOfWorkFactory = Callable[[], ImagesUnitOfWork]


class ImageUses(Protocol):
    """Whoever keeps names of images in its rows says which of them it still needs."""

    async def used(self, names: Sequence[ImageName]) -> frozenset[ImageName]: ...
