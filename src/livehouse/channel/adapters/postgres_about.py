"""What channels say of themselves, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from livehouse.channel.application.content_ports import RenderedAbout
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.about import About, Panel

_about = Table(
    "about",
    MetaData(schema="channel"),
    Column("channel_id", Uuid, primary_key=True),
    Column("description", Text, nullable=False),
    Column("description_html", Text, nullable=False),
    Column("panels", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("renderer", Integer, nullable=False),
)


class PostgresAbout:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, channel_id: ChannelId) -> RenderedAbout | None:
        found = await self._connection.execute(select(_about).where(_about.c.channel_id == channel_id.uuid))
        row = found.one_or_none()
        if row is None:
            return None
        panels = tuple(
            Panel(
                panel["title"],
                panel["text"],
                panel["link_url"],
                panel["image"],
                panel.get("image_alt", ""),  # rows written before there was one
            )
            for panel in row.panels
        )
        return RenderedAbout(
            About(channel_id, row.description, panels, row.version),
            (row.description_html, *(panel["html"] for panel in row.panels)),
            row.renderer,
        )

    async def save(self, rendered: RenderedAbout) -> None:
        values = {
            **_html(rendered),
            "description": rendered.about.description,
            "version": rendered.about.version,
        }
        await self._connection.execute(
            insert(_about)
            .values(channel_id=rendered.about.channel_id.uuid, **values)
            .on_conflict_do_update(index_elements=["channel_id"], set_=values)
        )

    async def save_html(self, rendered: RenderedAbout) -> None:
        await self._connection.execute(
            update(_about)
            .where(
                _about.c.channel_id == rendered.about.channel_id.uuid,
                _about.c.version == rendered.about.version,
            )
            .values(**_html(rendered))
        )

    async def images_among(self, paths: Sequence[str]) -> frozenset[str]:
        shown = select(func.jsonb_array_elements(_about.c.panels).op("->>")("image").label("image")).where(
            or_(false(), *(_about.c.panels.contains([{"image": path}]) for path in paths))
        )
        found = await self._connection.execute(shown)
        return frozenset(row.image for row in found).intersection(paths)


def _html(rendered: RenderedAbout) -> dict[str, object]:
    description_html, *panels_html = rendered.html
    panels = [
        {
            "title": panel.title,
            "text": panel.text,
            "html": html,
            "link_url": panel.link_url,
            "image": panel.image,
            "image_alt": panel.image_alt,
        }
        for panel, html in zip(rendered.about.panels, panels_html, strict=True)
    ]
    return {"description_html": description_html, "panels": panels, "renderer": rendered.renderer}
