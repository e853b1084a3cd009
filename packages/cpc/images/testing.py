"""In-memory images for tests of other parts; they pass the same suite as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cpc.eventbus.testing import InMemoryDatabase, InMemoryTables, InMemoryTransaction
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
    def __init__(self, since: dict[ImageName, datetime]) -> None:
        self.since = since

    async def add(self, name: ImageName, since: datetime) -> None:
        self.since[name] = since

    async def take(self, before: datetime) -> ImageName | None:
        due = [name for name, since in self.since.items() if since < before]
        oldest = min(due, key=lambda name: self.since[name], default=None)
        if oldest is not None:
            del self.since[oldest]
        return oldest


@dataclass(slots=True)
class _Tables(InMemoryTables):
    in_doubt: dict[ImageName, datetime] = field(default_factory=dict)


class InMemoryImagesDatabase(InMemoryDatabase[_Tables]):
    """Give `database.unit_of_work` where an `ImagesUnitOfWorkFactory` is wanted."""

    def __init__(self) -> None:
        super().__init__(_Tables())

    def unit_of_work(self) -> InMemoryImagesUnitOfWork:
        return InMemoryImagesUnitOfWork(self)


class InMemoryImagesUnitOfWork(InMemoryTransaction[_Tables]):
    @property
    def images_in_doubt(self) -> InMemoryImagesInDoubt:
        return InMemoryImagesInDoubt(self._tables.in_doubt)


class StillUsed:
    """`ImageUses` over a set."""

    def __init__(self, *names: ImageName) -> None:
        self.names = set(names)

    async def used(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        return frozenset(self.names.intersection(names))
