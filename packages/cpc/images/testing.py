"""In-memory images for tests of other parts; they pass the same suite as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from cpc.images.image import ImageFile, ImageForm, ImageName, MadeImage, sniffed


class FakeImageMaker:
    """Takes what begins like an image and makes of it something as long as the form wants."""

    async def make(self, content: bytes, form: ImageForm) -> MadeImage:
        sniffed(content)
        return MadeImage.of(form, [b"%d %b" % (width, content) for width, _ in form.sizes])


class InMemoryImageStore:
    def __init__(self) -> None:
        self.files: dict[ImageFile, bytes] = {}

    async def put(self, image: MadeImage) -> None:
        self.files |= {ImageFile(image.name, width): content for width, content in image.files.items()}

    async def get(self, file: ImageFile) -> bytes | None:
        return self.files.get(file)

    async def delete(self, name: ImageName) -> None:
        self.files = {file: content for file, content in self.files.items() if file.name != name}


class InMemoryImagesInDoubt:
    def __init__(self, since: dict[ImageName, datetime] | None = None) -> None:
        self.since = {} if since is None else since

    async def add(self, name: ImageName, since: datetime) -> None:
        self.since[name] = since

    async def take(self, before: datetime) -> ImageName | None:
        due = [name for name, since in self.since.items() if since < before]
        oldest = min(due, key=lambda name: self.since[name], default=None)
        if oldest is not None:
            del self.since[oldest]
        return oldest


class InMemoryImagesDatabase:
    """Give `database.unit_of_work` where an `ImagesUnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        self.in_doubt: dict[ImageName, datetime] = {}

    def unit_of_work(self) -> InMemoryImagesUnitOfWork:
        return InMemoryImagesUnitOfWork(self)


class InMemoryImagesUnitOfWork:
    def __init__(self, database: InMemoryImagesDatabase) -> None:
        self._database = database
        self._in_doubt = InMemoryImagesInDoubt(dict(database.in_doubt))

    @property
    def images_in_doubt(self) -> InMemoryImagesInDoubt:
        return self._in_doubt

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._database.in_doubt = self._in_doubt.since


class StillUsed:
    """`ImageUses` over a set."""

    def __init__(self, *names: ImageName) -> None:
        self.names = set(names)

    async def used(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        return frozenset(self.names.intersection(names))
