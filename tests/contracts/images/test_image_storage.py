"""What storage of images promises: fakes, folder, memory, S3 and PostgreSQL pass the same suites."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import obstore
import pytest
from obstore.store import from_url
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.contracts.images.s3_server import S3Server

from cpc.images.image import ImageFile, ImageForm, ImageName, MadeImage
from cpc.images.obstore_store import ObstoreImages
from cpc.images.ports import ImageStore, ImagesUnitOfWorkFactory
from cpc.images.postgres import PostgresImagesUnitOfWork
from cpc.images.testing import InMemoryImagesDatabase, InMemoryImageStore
from cpc.kernel.errors import Unavailable
from livehouse.main.wiring.persistence import build_engine

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FORM = ImageForm(((30, 30), (10, 10)), is_cropped=True)


def image(content: bytes = b"large") -> MadeImage:
    return MadeImage.of(FORM, [content, b"small"])


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of a place of the test's own, as a node is told it; credentials are in the environment."""
    for variable, value in s3_server.environment.items():
        monkeypatch.setenv(variable, value)
    return f"s3://{s3_server.bucket}/{tmp_path.name}"


@pytest.fixture(params=["fake", "memory", "folder", pytest.param("s3", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    match request.param:
        case "s3":
            return ObstoreImages.at(request.getfixturevalue("s3"))
        case "fake":
            return InMemoryImageStore()
        case "memory":
            return ObstoreImages.in_memory()
        case _:
            return ObstoreImages.in_folder(tmp_path / "media")


async def test_sizes_are_kept_and_deleted_together(store: ImageStore) -> None:
    one, other = image(), image(b"other")
    await store.put(one)
    await store.put(other)
    await store.put(one)
    assert await store.get(ImageFile(one.name)) == b"large"
    assert await store.get(ImageFile(one.name, 10)) == b"small"
    assert await store.get(ImageFile(one.name, 11)) is None
    await store.delete(one.name)
    await store.delete(one.name)
    assert await store.get(ImageFile(one.name)) is None
    assert await store.get(ImageFile(other.name)) == b"other"


async def test_a_folder_holds_what_another_process_put_there(tmp_path: Path) -> None:
    await ObstoreImages.in_folder(tmp_path).put(image())
    assert await ObstoreImages.in_folder(tmp_path).get(ImageFile(image().name)) == b"large"


@pytest.mark.integration
async def test_an_object_of_s3_says_what_it_is_and_lies_below_the_path(s3: str, s3_server: S3Server) -> None:
    await ObstoreImages.at(s3).put(image())
    found = await obstore.list(from_url(f"s3://{s3_server.bucket}"), s3.rpartition("/")[2]).collect_async()
    assert [Path(each["path"]).name for each in found] == ["10.webp", "full.webp"]
    answer = await obstore.get_async(from_url(f"s3://{s3_server.bucket}"), found[0]["path"])
    assert answer.attributes == {
        "Content-Type": "image/webp",
        "Cache-Control": "public, max-age=31536000, immutable",
    }


@pytest.mark.integration
async def test_s3_that_refuses_us_or_answers_no_more_is_away(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server(tmp_path) as server:
        for variable, value in server.environment.items():
            monkeypatch.setenv(variable, value)
        unknown, known = ObstoreImages.at("s3://no-such-bucket"), ObstoreImages.at(s3)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
        refused = ObstoreImages.at(s3)
        await known.put(image())
        for store in (unknown, refused):
            with pytest.raises(Unavailable):
                await store.put(image())
        with pytest.raises(Unavailable):
            await refused.get(ImageFile(image().name))
        with pytest.raises(Unavailable):
            await refused.delete(image().name)
    with pytest.raises(Unavailable) as raised:
        await known.get(ImageFile(image().name))
    assert raised.value.slug == "images-away"


@pytest.fixture
def units(engine: AsyncEngine | None) -> ImagesUnitOfWorkFactory:
    return (
        InMemoryImagesDatabase().unit_of_work if engine is None else partial(PostgresImagesUnitOfWork, engine)
    )


def name(number: int) -> ImageName:
    return ImageName(f"{number:040x}")


async def test_what_is_in_doubt_longest_is_taken_first_and_once(units: ImagesUnitOfWorkFactory) -> None:
    async with units() as unit:
        await unit.images_in_doubt.add(name(1), NOW)
        await unit.images_in_doubt.add(name(2), NOW - timedelta(hours=1))
        await unit.images_in_doubt.add(name(3), NOW + timedelta(hours=1))
    for expected in (name(2), name(1), None):
        async with units() as unit:
            assert await unit.images_in_doubt.take(NOW + timedelta(seconds=1)) == expected


async def test_doubted_again_it_waits_again(units: ImagesUnitOfWorkFactory) -> None:
    async with units() as unit:
        await unit.images_in_doubt.add(name(1), NOW)
        await unit.images_in_doubt.add(name(1), NOW + timedelta(hours=1))
    async with units() as unit:
        assert await unit.images_in_doubt.take(NOW + timedelta(minutes=30)) is None


async def test_what_was_taken_in_vain_is_taken_again(units: ImagesUnitOfWorkFactory) -> None:
    async with units() as unit:
        await unit.images_in_doubt.add(name(1), NOW)
    with pytest.raises(RuntimeError):
        async with units() as unit:
            await unit.images_in_doubt.take(NOW + timedelta(hours=1))
            raise RuntimeError
    async with units() as unit:
        assert await unit.images_in_doubt.take(NOW + timedelta(hours=1)) == name(1)


@pytest.mark.integration
async def test_who_uploads_what_is_being_collected_waits_and_stores_it_again(database_url: str) -> None:
    engine = build_engine(database_url)
    async with PostgresImagesUnitOfWork(engine) as unit:
        await unit.images_in_doubt.add(name(1), NOW)

    async def upload() -> None:
        async with PostgresImagesUnitOfWork(engine) as unit:
            await unit.images_in_doubt.add(name(1), NOW + timedelta(hours=5))

    async with PostgresImagesUnitOfWork(engine) as unit:
        assert await unit.images_in_doubt.take(NOW + timedelta(hours=1)) == name(1)
        uploading = asyncio.create_task(upload())
        async with PostgresImagesUnitOfWork(engine) as another:
            assert await another.images_in_doubt.take(NOW + timedelta(hours=1)) is None
        assert not uploading.done()
    await uploading
    async with PostgresImagesUnitOfWork(engine) as unit:
        assert await unit.images_in_doubt.take(NOW + timedelta(hours=9)) == name(1)
    await engine.dispose()
