"""What a creator plans, as a list and as a calendar feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action
from livehouse.accounts.contract import Actor
from livehouse.channel.application.content_ports import Calendar, CalendarWriter
from livehouse.channel.application.ports import UnitOfWorkFactory
from livehouse.channel.application.queries import find_by_name
from livehouse.channel.domain.schedule import Occurrence, ScheduleEntry, Vacation, occurrences, window_end

DEFAULT_WINDOW = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Schedule:
    """occurrences: those of the window that was asked for, cancelled ones too."""

    entries: Sequence[ScheduleEntry]
    vacation: Vacation | None
    occurrences: Sequence[Occurrence]


class ReadSchedule:
    def __init__(
        self, unit_of_work: UnitOfWorkFactory, access: Access, clock: Clock, calendar_writer: CalendarWriter
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._clock = clock
        self._calendar_writer = calendar_writer

    async def __call__(
        self, actor: Actor, name: str, *, since: datetime | None = None, window: timedelta = DEFAULT_WINDOW
    ) -> Schedule:
        """since: now, where none is given. Raises `NotFound`, `Forbidden`, `Invalid`
        (window-too-long, window-outside-years)."""
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
            entries = await unit.schedule.entries(channel.id)
            vacation = await unit.schedule.vacation(channel.id)
        await self._access.require(actor, Action.READ_SCHEDULE, channel.id)
        since = since or self._clock.now()
        until = window_end(since, window)
        return Schedule(entries, vacation, occurrences(entries, vacation, since, until))

    async def as_calendar(self, actor: Actor, name: str, *, page_url: str) -> bytes:
        """An iCalendar object. page_url: of the channel's page. Raises `NotFound`, `Forbidden`."""
        async with self._unit_of_work() as unit:
            channel = await find_by_name(unit.channels, name)
            entries = await unit.schedule.entries(channel.id)
            vacation = await unit.schedule.vacation(channel.id)
        await self._access.require(actor, Action.READ_SCHEDULE, channel.id)
        calendar = Calendar(channel.name, page_url, tuple(entries), vacation)
        return await self._calendar_writer.ics(calendar, self._clock.now())
