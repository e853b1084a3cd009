"""A creator plans shows, changes them, takes them back, goes on vacation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed
from cpc.kernel.ids import Ids
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.manage_categories import chosen_category
from livehouse.channel.application.ports import UnitOfWork, UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.schedule import (
    MAX_ENTRIES,
    ScheduleEntry,
    ScheduleEntryId,
    Vacation,
    Weekday,
    valid_title,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShow:
    """As it was typed. starts_at: naive, local to `time_zone`. category: name or slug; empty: none."""

    title: str
    starts_at: datetime
    time_zone: str
    duration: timedelta
    repeats_on: Sequence[Weekday] = ()
    repeats_until: date | None = None
    cancelled: Sequence[date] = ()
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowChange:
    """What shall be else; None leaves a field as it is. repeats_for_ever: takes `repeats_until` away."""

    title: str | None = None
    starts_at: datetime | None = None
    time_zone: str | None = None
    duration: timedelta | None = None
    repeats_on: Sequence[Weekday] | None = None
    repeats_until: date | None = None
    repeats_for_ever: bool = False
    cancelled: Sequence[date] | None = None
    category: str | None = None


class AddScheduleEntry:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, ids: Ids) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, name: str, show: PlannedShow) -> ScheduleEntry:
        """Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid`, `Conflict` (schedule-full)."""
        self._access.check(actor, Action.ADD_SCHEDULE_ENTRY)
        channel_id = await _channel_id(self._unit_of_work, name)
        await self._access.require(actor, Action.ADD_SCHEDULE_ENTRY, channel_id)
        entry = ScheduleEntry(
            id=ScheduleEntryId(self._ids.uuid()),
            channel_id=channel_id,
            title=valid_title(show.title),
            category_id=None,
            starts_at=show.starts_at,
            time_zone=show.time_zone,
            duration=show.duration,
            repeats_on=frozenset(show.repeats_on),
            repeats_until=show.repeats_until,
            cancelled=frozenset(show.cancelled),
            changed_at=self._clock.now(),
        )
        async with self._unit_of_work() as unit:
            entry = entry.about(await chosen_category(unit.categories, show.category))
            if len(await _locked(unit, name, channel_id)) >= MAX_ENTRIES:
                raise Conflict(
                    "schedule-full", f"A schedule has at most {MAX_ENTRIES} shows. Remove one that is over."
                )
            await unit.schedule.save(entry)
        return entry


class ChangeScheduleEntry:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        name: str,
        entry_id: str,
        change: ShowChange,
        *,
        expected_version: int | None = None,
    ) -> ScheduleEntry:
        """Cancelled days on which the changed show does not fall any more are forgotten.

        Raises `Unauthenticated`, `NotFound` (no-such-channel, no-such-show), `Forbidden`, `Invalid`,
        `PreconditionFailed` (show-changed).
        """
        self._access.check(actor, Action.CHANGE_SCHEDULE_ENTRY)
        channel_id = await _channel_id(self._unit_of_work, name)
        await self._access.require(actor, Action.CHANGE_SCHEDULE_ENTRY, channel_id)
        async with self._unit_of_work() as unit:
            entry = await _present(unit, name, channel_id, entry_id, expected_version)
            changed = _changed(entry, change)
            if change.category is not None:
                changed = changed.about(await chosen_category(unit.categories, change.category))
            if changed != entry:
                changed = replace(changed, changed_at=self._clock.now(), version=entry.version + 1)
                await unit.schedule.save(changed)
        return changed


class RemoveScheduleEntry:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(
        self, actor: Actor, name: str, entry_id: str, *, expected_version: int | None = None
    ) -> None:
        """Raises `Unauthenticated`, `NotFound` (no-such-channel, no-such-show), `Forbidden`,
        `PreconditionFailed` (show-changed).
        """
        self._access.check(actor, Action.REMOVE_SCHEDULE_ENTRY)
        channel_id = await _channel_id(self._unit_of_work, name)
        await self._access.require(actor, Action.REMOVE_SCHEDULE_ENTRY, channel_id)
        async with self._unit_of_work() as unit:
            entry = await _present(unit, name, channel_id, entry_id, expected_version)
            await unit.schedule.remove(channel_id, entry.id)


class SetVacation:
    def __init__(self, unit_of_work: UnitOfWorkFactory, access: Access) -> None:
        self._unit_of_work = unit_of_work
        self._access = access

    async def __call__(
        self, actor: Actor, name: str, span: tuple[datetime, datetime] | None
    ) -> Vacation | None:
        """span: aware times; None ends the vacation.

        Raises `Unauthenticated`, `NotFound`, `Forbidden`, `Invalid` (malformed-vacation).
        """
        self._access.check(actor, Action.SET_VACATION)
        channel_id = await _channel_id(self._unit_of_work, name)
        await self._access.require(actor, Action.SET_VACATION, channel_id)
        vacation = None if span is None else Vacation.parse(*span)
        async with self._unit_of_work() as unit:
            await unit.schedule.set_vacation(channel_id, vacation)
        return vacation


def _changed(entry: ScheduleEntry, change: ShowChange) -> ScheduleEntry:
    repeats_on = entry.repeats_on if change.repeats_on is None else frozenset(change.repeats_on)
    repeats_until = entry.repeats_until if change.repeats_until is None else change.repeats_until
    if change.repeats_for_ever or (not repeats_on and change.repeats_until is None):
        repeats_until = None
    moved = replace(
        entry,
        title=entry.title if change.title is None else valid_title(change.title),
        starts_at=entry.starts_at if change.starts_at is None else change.starts_at,
        time_zone=entry.time_zone if change.time_zone is None else change.time_zone,
        duration=entry.duration if change.duration is None else change.duration,
        repeats_on=repeats_on,
        repeats_until=repeats_until,
        cancelled=frozenset(),
    )
    if change.cancelled is not None:
        return replace(moved, cancelled=frozenset(change.cancelled))
    return replace(moved, cancelled=frozenset(day for day in entry.cancelled if moved.falls_on(day)))


async def _channel_id(unit_of_work: UnitOfWorkFactory, name: str) -> ChannelId:
    async with unit_of_work() as unit:
        return (await find_by_name(unit.channels, name)).id


async def _locked(unit: UnitOfWork, name: str, channel_id: ChannelId) -> Sequence[ScheduleEntry]:
    """The channel's entries; its row is the lock that two changes of its schedule meet at."""
    await find_by_name(unit.channels, name, for_update=True)
    return await unit.schedule.entries(channel_id)


async def _present(
    unit: UnitOfWork, name: str, channel_id: ChannelId, entry_id: str, expected_version: int | None
) -> ScheduleEntry:
    """The show as it is now, and stays until the unit ends. Raises `NotFound` (no-such-show),
    `PreconditionFailed` (show-changed)."""
    wanted = _entry_id(entry_id)
    for entry in await _locked(unit, name, channel_id):
        if entry.id == wanted:
            if expected_version not in (None, entry.version):
                raise PreconditionFailed(
                    "show-changed", "The show was changed meanwhile. Load it again, then repeat the change."
                )
            return entry
    raise _no_such_show(entry_id)


def _entry_id(text: str) -> ScheduleEntryId:
    try:
        return ScheduleEntryId.parse(text)
    except Invalid:
        raise _no_such_show(text) from None


def _no_such_show(entry_id: str) -> NotFound:
    return NotFound("no-such-show", f"There is no show '{entry_id[:60]}' in this schedule.")
