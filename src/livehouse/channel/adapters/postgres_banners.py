"""Banners in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, MetaData, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.images.image import ImageName
from livehouse.channel.contract import ChannelId

banner_table = Table(
    "banner",
    MetaData(schema="channel"),
    Column("channel_id", Uuid, primary_key=True),
    Column("image", Text, nullable=False),
)


class PostgresBanners:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, channel_id: ChannelId) -> ImageName | None:
        found = await self._connection.scalar(
            select(banner_table.c.image).where(banner_table.c.channel_id == channel_id.uuid)
        )
        return None if found is None else ImageName(found)

    async def replace(self, channel_id: ChannelId, image: ImageName | None) -> ImageName | None:
        # Taken out first: of two at once, the second waits and sees what the first has put there.
        removed = await self._connection.scalar(
            delete(banner_table)
            .where(banner_table.c.channel_id == channel_id.uuid)
            .returning(banner_table.c.image)
        )
        if image is not None:
            await self._connection.execute(
                insert(banner_table)
                .values(channel_id=channel_id.uuid, image=image.text)
                .on_conflict_do_update(index_elements=["channel_id"], set_={"image": image.text})
            )
        return None if removed is None else ImageName(removed)

    async def among(self, names: Sequence[ImageName]) -> frozenset[ImageName]:
        found = await self._connection.execute(
            select(banner_table.c.image)
            .where(banner_table.c.image.in_([name.text for name in names]))
            .distinct()
        )
        return frozenset(ImageName(row.image) for row in found)
