"""Title, category or a setting changes."""

from __future__ import annotations

from cpc.kernel.clock import Clock
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.manage_categories import chosen_category
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelChanged
from livehouse.channel.domain.channel import Channel, SettingsChange


class ChangeChannel:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(
        self, actor: Actor, name: str, change: SettingsChange, *, expected_version: int | None = None
    ) -> Channel:
        """Raises `Unauthenticated`, `NotFound` (no-such-channel, no-such-category), `Forbidden`,
        `PreconditionFailed` (channel-changed), `Invalid` (title-too-long, title-missing, malformed-tag,
        too-many-tags, malformed-language, malformed-ladder, slow-mode-range, followers-only-range).
        """
        self._access.check(actor, Action.CHANGE_CHANNEL)
        async with self._unit_of_work() as unit:
            found = await find_by_name(unit.channels, name)
        await self._access.require(actor, Action.CHANGE_CHANNEL, found.id)
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name, for_update=True)
            category = await chosen_category(unit.categories, change.category or "")
            changed = channel.changed(change, category=category, expected_version=expected_version)
            if changed is not channel:
                await unit.channels.save(changed)
                event = ChannelChanged(changed.id, changed.owner_id, changed.name, changed.version)
                unit.outbox.publish(event.to_cloud_event(event_id=self._ids.uuid(), time=self._clock.now()))
        return changed
