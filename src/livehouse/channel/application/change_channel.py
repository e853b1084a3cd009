"""Title or category change."""

from __future__ import annotations

from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.domain.channel import Channel


class ChangeChannel:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(
        self,
        actor: Actor,
        name: str,
        *,
        title: str | None = None,
        category: str | None = None,
        expected_version: int | None = None,
    ) -> Channel:
        """Raises `Unauthenticated`, `NotFound`, `Forbidden`, `PreconditionFailed`, `Invalid`."""
        self._access.check(actor, Action.CHANGE_CHANNEL)
        async with self._unit_of_work() as unit:
            found = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.CHANGE_CHANNEL, found.id)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)
            changed = channel.changed(title=title, category=category, expected_version=expected_version)
            if changed is not channel:
                await unit.channels.save(changed)
        return changed
