"""Images with fakes at the ports: kept once, found by name, collected when nobody names them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.images.collect_images import GRACE, CollectImages
from cpc.images.image import MAX_UPLOAD_BYTES, ImageFile, ImageForm, ImageName
from cpc.images.keep_image import KeepImage
from cpc.images.read_image import ReadImage
from cpc.images.testing import FakeImageMaker, InMemoryImagesDatabase, InMemoryImageStore, StillUsed
from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import NotFound, RateLimited, Unavailable, Unprocessable

FORM = ImageForm(((30, 30), (10, 10)), is_cropped=True)
PNG = b"\x89PNG\r\n\x1a\n"


class Stage:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.database = InMemoryImagesDatabase()
        self.store = InMemoryImageStore()
        self.uses = StillUsed()
        self.keep = KeepImage(self.database.unit_of_work, FakeImageMaker(), self.store, self.clock)
        self.collect = CollectImages(self.database.unit_of_work, self.store, [self.uses], self.clock)
        self.read = ReadImage(self.store)


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_what_was_kept_is_read_by_its_names() -> None:
    stage = Stage()
    name = await stage.keep(sent(PNG, b"1"), FORM, by="ada")
    assert await stage.read(f"{name}.webp") == b"30 " + PNG + b"1"
    assert await stage.read(f"{name}-10.webp") == b"10 " + PNG + b"1"
    for missing in (f"{name}-11.webp", f"{name}.png", "../../etc/passwd", "", f"{'0' * 40}.webp"):
        with pytest.raises(NotFound):
            await stage.read(missing)


async def test_an_upload_is_read_no_further_than_its_limit() -> None:
    stage, read = Stage(), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield PNG + bytes(2**20)

    with pytest.raises(Unprocessable) as refused:
        await stage.keep(endless(), FORM, by="ada")
    assert refused.value.slug == "image-too-large"
    assert read * 2**20 <= MAX_UPLOAD_BYTES
    assert stage.store.files == {}


async def test_one_upload_of_somebody_at_a_time() -> None:
    stage, more = Stage(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield PNG
        await more.wait()

    first = asyncio.create_task(stage.keep(slow(), FORM, by="ada"))
    await asyncio.sleep(0)
    with pytest.raises(RateLimited):
        await stage.keep(sent(PNG), FORM, by="ada")
    await stage.keep(sent(PNG), FORM, by="bob")
    more.set()
    await first
    await stage.keep(sent(PNG), FORM, by="ada")


async def test_what_nobody_names_goes_after_the_grace_and_what_somebody_names_stays() -> None:
    stage = Stage()
    kept = await stage.keep(sent(PNG, b"kept"), FORM, by="ada")
    orphan = await stage.keep(sent(PNG, b"orphan"), FORM, by="ada")
    stage.uses.names.add(kept)
    stage.clock.advance(GRACE)
    assert not await stage.collect()
    stage.clock.advance(timedelta(seconds=1))
    assert await stage.collect()
    assert await stage.collect()
    assert not await stage.collect()
    assert {file.name for file in stage.store.files} == {kept}
    assert orphan not in stage.database.tables.in_doubt


async def test_a_picture_sent_again_is_in_doubt_anew() -> None:
    stage = Stage()
    await stage.keep(sent(PNG), FORM, by="ada")
    stage.clock.advance(GRACE)
    await stage.keep(sent(PNG), FORM, by="bob")
    stage.clock.advance(timedelta(minutes=59))
    assert not await stage.collect()


async def test_a_store_that_is_away_is_tried_again() -> None:
    stage = Stage()
    await stage.keep(sent(PNG), FORM, by="ada")
    stage.clock.advance(GRACE * 2)

    async def away(name: ImageName) -> None:
        raise Unavailable("images-away", "away")

    delete, stage.store.delete = stage.store.delete, away  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await stage.collect()
    stage.store.delete = delete  # type: ignore[method-assign]
    assert await stage.collect()
    assert stage.store.files == {}


@given(st.text(max_size=60))
def test_any_text_is_a_file_of_ours_or_none(text: str) -> None:
    file = ImageFile.parse(text)
    assert file is None or text == f"{file.name}{'' if file.width is None else f'-{file.width}'}.webp"
