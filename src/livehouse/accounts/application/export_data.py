"""Somebody takes home what we keep of them: a zip of JSON files and pictures, written while it is read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from cpc.images.image import ImageName
from cpc.images.read_image import ReadImage
from cpc.kernel.clock import Clock
from cpc.kernel.errors import NotFound, Unavailable
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.throttle import count_try
from livehouse.accounts.contract import Actor, ExportedFile, PersonalData

MAX_EXPORTS = 5  # in a window
MAX_RECORDS = 200_000
"""Of one file. `about.json` says where there were more."""

_RECORDS_AT_ONCE = 200


class ExportData:
    """sources: every slice that keeps something of people. read_image: None: no picture is in it. Memory
    holds one batch of records, or one picture.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        sources: Sequence[PersonalData],
        tokens: LoginTokens,
        clock: Clock,
        read_image: ReadImage | None = None,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._sources = sources
        self._tokens = tokens
        self._clock = clock
        self._read_image = read_image

    async def __call__(self, actor: Actor) -> AsyncIterator[bytes]:
        """The zip, bit by bit. Raises `Unauthenticated`, `Forbidden`, `RateLimited` (too-many-exports)."""
        await self._access.require(actor, Action.EXPORT_DATA)
        account_id = actor.require_account()
        await count_try(
            self._unit_of_work,
            self._clock,
            [(self._tokens.attempt_key("export", str(account_id)), MAX_EXPORTS)],
            "too-many-exports",
            "You took your data home several times just now. Wait a while.",
        )
        files = [file for source in self._sources for file in source.of(account_id)]
        return _zip(files, self._clock.now(), self._read_image)


async def _zip(
    files: Sequence[ExportedFile], now: datetime, read_image: ReadImage | None
) -> AsyncIterator[bytes]:
    written = _WrittenBytes()
    cut: list[str] = []
    pictures: dict[ImageName, None] = {}

    def written_as(value: object) -> str:
        assert isinstance(value, ImageName), value
        pictures[value] = None
        return _picture_path(value)

    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            with archive.open(_entry(f"{file.name}.json", now), "w", force_zip64=True) as entry:
                entry.write(b"[")
                count = 0
                async for record in file.records:
                    if count == MAX_RECORDS:
                        cut.append(file.name)
                        break
                    line = json.dumps(record, ensure_ascii=False, default=written_as)
                    entry.write((b",\n" if count else b"\n") + line.encode())
                    count += 1
                    if count % _RECORDS_AT_ONCE == 0:
                        yield written.take()
                entry.write(b"\n]\n")
            yield written.take()
        missing = []
        for name in pictures:
            content = None if read_image is None else await _picture(read_image, name)
            if content is None:
                missing.append(_picture_path(name))
                continue
            archive.writestr(_entry(_picture_path(name), now), content, zipfile.ZIP_STORED)
            yield written.take()
        about = {
            "exported_at": now.isoformat(),
            "files": [file.name for file in files],
            "cut_short": cut,
            "missing_pictures": missing,
        }
        archive.writestr(_entry("about.json", now), json.dumps(about, indent=2) + "\n")
    yield written.take()


async def _picture(read_image: ReadImage, name: ImageName) -> bytes | None:
    """None where it is gone by now, or its store is away: the rest is worth having."""
    try:
        return await read_image(f"{name}.webp")
    except (NotFound, Unavailable):
        return None


def _picture_path(name: ImageName) -> str:
    return f"pictures/{name}.webp"


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _WrittenBytes(io.RawIOBase):
    """A file one can only write to; what was written is taken out again."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._buffer += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._buffer)
        self._buffer.clear()
        return taken
