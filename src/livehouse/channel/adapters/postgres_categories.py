"""Categories in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.channel.application.discovery_ports import CategoryCard, CategoryPlace
from livehouse.channel.contract import CategoryId
from livehouse.channel.domain.category import Category

_metadata = MetaData(schema="channel")

category_table = Table(
    "category",
    _metadata,
    Column("category_id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("box_art", Text),
    Column("version", Integer, nullable=False),
)

_former_slug = Table(
    "category_former_slug",
    _metadata,
    Column("slug", Text, primary_key=True),
    Column("category_id", Uuid, nullable=False),
)

_WITH_CATEGORY = ("channel", "schedule_entry", "directory")

_WATCHED = """
    WITH watched AS MATERIALIZED (
        SELECT d.category_id, count(*) AS live_channels, sum(d.viewers) AS viewers
        FROM channel.directory d
        WHERE d.is_listed AND d.category_id IS NOT NULL {of_which}
        GROUP BY d.category_id
    )
    SELECT k.*, coalesce(w.live_channels, 0) AS live_channels, coalesce(w.viewers, 0) AS viewers
    FROM channel.category k LEFT JOIN watched w ON w.category_id = k.category_id
"""


class PostgresCategories:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, category: Category) -> bool:
        if await self._is_former_slug(category.slug):
            return False
        added = await self._connection.execute(
            insert(category_table)
            .values(category_id=category.id.uuid, **_values(category))
            .on_conflict_do_nothing()
            .returning(category_table.c.category_id)
        )
        return added.one_or_none() is not None

    async def save(self, category: Category) -> bool:
        found = await self._connection.execute(
            select(category_table.c.slug)
            .where(category_table.c.category_id == category.id.uuid)
            .with_for_update()
        )
        slug_before = found.scalar_one()
        await self._connection.execute(
            delete(_former_slug).where(
                _former_slug.c.slug == category.slug, _former_slug.c.category_id == category.id.uuid
            )
        )
        if await self._is_former_slug(category.slug):
            return False
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(
                    update(category_table)
                    .where(category_table.c.category_id == category.id.uuid)
                    .values(**_values(category))
                )
        except IntegrityError:
            return False
        if slug_before != category.slug:
            await self._connection.execute(
                insert(_former_slug).values(slug=slug_before, category_id=category.id.uuid)
            )
        return True

    async def by_slug(self, slug: str, *, for_update: bool = False) -> Category | None:
        former = select(category_table).join(
            _former_slug, _former_slug.c.category_id == category_table.c.category_id
        )
        for query in (
            select(category_table).where(category_table.c.slug == slug),
            former.where(_former_slug.c.slug == slug),
        ):
            if for_update:
                query = query.with_for_update(of=category_table, key_share=True)
            row = (await self._connection.execute(query)).one_or_none()
            if row is not None:
                return _to_category(row)
        return None

    async def by_name(self, name: str) -> Category | None:
        found = await self._connection.execute(
            select(category_table).where(func.lower(category_table.c.name) == func.lower(name))
        )
        row = found.one_or_none()
        return None if row is None else _to_category(row)

    async def move_some(self, category: Category, into: Category | None, *, limit: int) -> bool:
        moved = [await self._moved(table, category, into, limit=limit) for table in _WITH_CATEGORY]
        return max(moved) >= limit

    async def remove(self, category: Category, into: Category | None) -> None:
        # From here on nothing can come to refer to it.
        await self._connection.execute(
            select(category_table.c.category_id)
            .where(category_table.c.category_id == category.id.uuid)
            .with_for_update()
        )
        for table in _WITH_CATEGORY:
            await self._moved(table, category, into)
        if into is not None:
            await self._connection.execute(
                update(_former_slug)
                .where(_former_slug.c.category_id == category.id.uuid)
                .values(category_id=into.id.uuid)
            )
            await self._connection.execute(
                insert(_former_slug).values(slug=category.slug, category_id=into.id.uuid)
            )
        await self._connection.execute(
            delete(category_table).where(category_table.c.category_id == category.id.uuid)
        )

    async def _moved(
        self, table: str, category: Category, into: Category | None, *, limit: int | None = None
    ) -> int:
        """How many rows. limit: at most so many, and none that somebody else is changing."""
        which = "category_id = CAST(:category_id AS uuid)"
        given = {"category_id": category.id.uuid, "into": None if into is None else into.id.uuid}
        if limit is not None:
            which = f"""
                ctid = ANY (ARRAY (
                    SELECT ctid FROM channel.{table} WHERE {which} LIMIT {limit:d} FOR UPDATE SKIP LOCKED))"""  # noqa: S608
        found = await self._connection.execute(
            text(f"UPDATE channel.{table} SET category_id = CAST(:into AS uuid) WHERE {which}"),  # noqa: S608
            given,
        )
        return found.rowcount

    async def count(self) -> int:
        return (await self._connection.execute(select(func.count()).select_from(category_table))).scalar_one()

    async def box_art_among(self, paths: Sequence[str]) -> frozenset[str]:
        found = await self._connection.execute(
            select(category_table.c.box_art).where(category_table.c.box_art.in_(paths))
        )
        return frozenset(row.box_art for row in found)

    async def page(self, query: str, *, after: CategoryPlace | None, limit: int) -> Sequence[CategoryCard]:
        conditions, values = "WHERE true", {"limit": limit}
        if query:
            conditions += " AND (position(:query IN lower(k.name)) > 0 OR lower(k.name) % :query)"
            values |= {"query": query}  # type: ignore[dict-item]
        if after is not None:
            conditions += """ AND (coalesce(w.viewers, 0) < :viewers
                OR coalesce(w.viewers, 0) = :viewers AND k.name > :name)"""
            values |= {"viewers": after.viewers, "name": after.name}  # type: ignore[dict-item]
        found = await self._connection.execute(
            text(
                _WATCHED.format(of_which="")
                + conditions
                + " ORDER BY coalesce(w.viewers, 0) DESC, k.name LIMIT :limit"
            ),
            values,
        )
        return [_card(row) for row in found]

    async def card(self, category: Category) -> CategoryCard:
        found = await self._connection.execute(
            text(
                _WATCHED.format(of_which="AND d.category_id = CAST(:category_id AS uuid)")
                + "WHERE k.category_id = CAST(:category_id AS uuid)"
            ),
            {"category_id": category.id.uuid},
        )
        return _card(found.one())

    async def _is_former_slug(self, slug: str) -> bool:
        found = await self._connection.execute(select(_former_slug.c.slug).where(_former_slug.c.slug == slug))
        return found.one_or_none() is not None


def _values(category: Category) -> dict[str, object]:
    return {
        "slug": category.slug,
        "name": category.name,
        "description": category.description,
        "box_art": category.box_art,
        "version": category.version,
    }


def _to_category(row: Row[Any, Any, Any]) -> Category:
    return Category(
        CategoryId(row.category_id), row.slug, row.name, row.description, row.box_art, row.version
    )


def _card(row: Row[Any, Any, Any]) -> CategoryCard:
    return CategoryCard(_to_category(row), row.live_channels, int(row.viewers))
