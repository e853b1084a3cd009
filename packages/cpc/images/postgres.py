"""Images in doubt in PostgreSQL, schema `images`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData, Table, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cpc.eventbus.postgres import PostgresTransaction
from cpc.images.image import ImageName

_in_doubt = Table(
    "in_doubt",
    MetaData(schema="images"),
    Column("name", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
)


class PostgresImagesInDoubt:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, name: ImageName, since: datetime) -> None:
        await self._connection.execute(
            insert(_in_doubt)
            .values(name=name.text, since=since)
            .on_conflict_do_update(index_elements=["name"], set_={"since": since})
        )

    async def take(self, before: datetime) -> ImageName | None:
        oldest = (
            select(_in_doubt.c.name)
            .where(_in_doubt.c.since < before)
            .order_by(_in_doubt.c.since)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        taken = await self._connection.execute(
            delete(_in_doubt).where(_in_doubt.c.name == oldest).returning(_in_doubt.c.name)
        )
        row = taken.one_or_none()
        return None if row is None else ImageName(row.name)


class PostgresImagesUnitOfWork(PostgresTransaction):
    @property
    def images_in_doubt(self) -> PostgresImagesInDoubt:
        return PostgresImagesInDoubt(self.connection)
