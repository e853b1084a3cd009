"""Uploaded images: Pillow makes them, obstore keeps them, PostgreSQL knows which are in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.images.collect_images import CollectImages
from cpc.images.keep_image import KeepImage
from cpc.images.obstore_store import ObstoreImages
from cpc.images.pillow_maker import PillowImageMaker
from cpc.images.ports import ImageStore, ImageUses
from cpc.images.postgres import PostgresImagesUnitOfWork
from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unavailable
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.change_avatar import AvatarUses
from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.application.change_banner import BannerUses
from livehouse.channel.application.page_images import PageImageUses
from livehouse.main.settings import ResolvedSettings

_LOOK_FOR_UNUSED_S = 60.0

log = structlog.get_logger(__name__)


def build_image_store(settings: ResolvedSettings) -> ImageStore:
    if settings.media_store_url is not None:
        return ObstoreImages.at(settings.media_store_url)
    return ObstoreImages.in_folder(settings.media_dir)


def build_keep_image(engine: AsyncEngine, clock: Clock, store: ImageStore | None = None) -> KeepImage:
    """One for all slices of a process: its places are shared. store: None keeps them in memory."""
    kept = store or ObstoreImages.in_memory()
    return KeepImage(lambda: PostgresImagesUnitOfWork(engine), PillowImageMaker(), kept, clock)


def build_image_duties(
    engine: AsyncEngine, clock: Clock, store: ImageStore
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    collect = build_collect_images(engine, clock, store)
    return {"unused images": lambda: _collect_forever(collect)}


def build_collect_images(engine: AsyncEngine, clock: Clock, store: ImageStore) -> CollectImages:
    """It asks every slice that names images."""
    uses: list[ImageUses] = [
        AvatarUses(lambda: PostgresAccountsUnitOfWork(engine)),
        BannerUses(lambda: PostgresChannelUnitOfWork(engine)),
        PageImageUses(lambda: PostgresChannelUnitOfWork(engine)),
    ]
    return CollectImages(lambda: PostgresImagesUnitOfWork(engine), store, uses, clock)


async def _collect_forever(collect: CollectImages) -> None:
    while True:
        try:
            while await collect():
                pass
        except Unavailable as error:
            log.info("waits", reason=error.detail)
        await asyncio.sleep(_LOOK_FOR_UNUSED_S)
