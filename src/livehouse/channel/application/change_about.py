"""What a channel says of itself is read and written."""

from __future__ import annotations

from collections.abc import Sequence

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.content_ports import MarkdownRenderer, RenderedAbout
from livehouse.channel.application.page_images import let_go
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.domain.about import (
    MAX_DESCRIPTION_CHARACTERS,
    About,
    WrittenPanel,
    markdown,
    parse_panels,
)


class ReadAbout:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, renderer: MarkdownRenderer) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._renderer = renderer

    async def __call__(self, actor: Actor, name: str) -> RenderedAbout:
        """Raises `NotFound` (no-such-channel), `Forbidden`, `Unavailable` (texts-busy)."""
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
            found = await unit.about.of(channel.id)
        await self._access.require(actor, Action.READ_ABOUT, channel.id)
        if found is None:
            return RenderedAbout(About(channel.id), ("",), self._renderer.version)
        if found.renderer == self._renderer.version:
            return found
        try:
            html = await self._renderer.html(found.about.texts)
        except Invalid:  # what newer rules refuse is shown as older ones made it
            html = found.html
        rendered = RenderedAbout(found.about, html, self._renderer.version)
        async with self._unit_of_work() as unit:
            await unit.about.save_html(rendered)
        return rendered


class ChangeAbout:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, renderer: MarkdownRenderer, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._renderer = renderer
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        name: str,
        *,
        description: str,
        panels: Sequence[WrittenPanel],
        expected_version: int | None = None,
    ) -> RenderedAbout:
        """Description and panels are replaced as a whole.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid`, `PreconditionFailed` (about-changed),
        `Unavailable` (texts-busy).
        """
        preview = await self.preview(actor, name, description=description, panels=panels)
        async with self._unit_of_work() as unit:
            # The channel's row is the lock: there may be no row of what it says yet.
            await find_by_name(unit.channels, name, for_update=True)
            found = await unit.about.of(preview.about.channel_id)
            about = About(preview.about.channel_id) if found is None else found.about
            changed = about.changed(preview.about.description, preview.about.panels, expected_version)
            rendered = RenderedAbout(changed, preview.html, preview.renderer)
            await unit.about.save(rendered)
            await let_go(unit, about.images, changed.images, self._clock.now())
        return rendered

    async def preview(
        self,
        actor: Actor,
        name: str,
        *,
        description: str,
        panels: Sequence[WrittenPanel],
    ) -> RenderedAbout:
        """What a change would make of it; nothing is kept.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid`, `Unavailable` (texts-busy).
        """
        self._access.check(actor, Action.CHANGE_ABOUT)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.CHANGE_ABOUT, channel.id)
        about = About(
            channel.id, markdown(description, MAX_DESCRIPTION_CHARACTERS, "description"), parse_panels(panels)
        )
        return RenderedAbout(about, await self._renderer.html(about.texts), self._renderer.version)
