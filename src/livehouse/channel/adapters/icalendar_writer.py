"""A schedule as an iCalendar object (RFC 5545), by the library icalendar."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import icalendar

from livehouse.channel.application.content_ports import Calendar
from livehouse.channel.domain.schedule import WEEK, ScheduleEntry, Vacation
from livehouse.channel.domain.time_zones import OffsetChange, offset_changes, time_zone

_DAY = timedelta(days=1)
_YEARS_AHEAD = 5
_REFRESH = timedelta(hours=1)


class ICalendarWriter:
    async def ics(self, calendar: Calendar, now: datetime) -> bytes:
        return await asyncio.to_thread(_ics, calendar, now.year)


@lru_cache(maxsize=64)
def _ics(calendar: Calendar, year: int) -> bytes:
    """Programs ask each hour for what seldom changes, and a full schedule takes a third of a second.

    year: the present one, from which the changes of clocks are told some years ahead.
    """
    name = f"{calendar.channel_name} on Livehouse"
    written = icalendar.Calendar()
    written.add("prodid", "-//Livehouse//Schedule//EN")
    written.add("version", "2.0")
    written.add("method", "PUBLISH")
    written.add("name", name)  # RFC 7986 section 5.1
    written.add("x-wr-calname", name)  # what most calendars read instead
    written.add("url", calendar.page_url)
    written.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    years: defaultdict[str, int] = defaultdict(lambda: year)
    for entry in calendar.entries:
        years[entry.time_zone] = min(years[entry.time_zone], entry.starts_at.year)
    for zone_name, first_year in sorted(years.items()):
        # A year more, as the first local hours of January are still the year before by UTC.
        written.add_component(_time_zone(zone_name, first_year - 1, year + _YEARS_AHEAD))
    for entry in calendar.entries:
        written.add_component(_event(entry, calendar, year))
    return bytes(written.to_ical())


def _event(entry: ScheduleEntry, calendar: Calendar, year: int) -> icalendar.Event:
    zone = time_zone(entry.time_zone)
    event = icalendar.Event()
    event.add("uid", str(entry.id.uuid))  # RFC 7986 section 5.3: a UUID, which no other calendar has
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.version - 1)
    event.add("summary", entry.title)
    if entry.category:
        event.add("categories", [entry.category])
    event.add("url", calendar.page_url)
    event.add("dtstart", entry.local_start(entry.first_date).replace(tzinfo=zone))
    event.add("duration", entry.duration)
    if not entry.repeats_on:
        is_off = not _takes_place(entry, entry.first_date, calendar.vacation)
        event.add("status", "CANCELLED" if is_off else "CONFIRMED")
        return event
    event.add("status", "CONFIRMED")
    rule: dict[str, object] = {"FREQ": "WEEKLY", "BYDAY": [_by_day(day) for day in sorted(_places(entry))]}
    if entry.repeats_until is not None:
        # Section 3.3.10: in UTC, where DTSTART has a time zone.
        rule["UNTIL"] = entry.starts_on(entry.repeats_until)
    event.add("rrule", rule)
    left_out = sorted(entry.cancelled | set(_vacation_days(entry, calendar.vacation)))
    if left_out:
        event.add("exdate", [entry.local_start(day).replace(tzinfo=zone) for day in left_out])
    moved = list(_moved_by_gaps(entry, calendar.vacation, year))
    if moved:
        event.add("rdate", [start.astimezone(zone) for start in moved])
    return event


def _moved_by_gaps(entry: ScheduleEntry, vacation: Vacation | None, year: int) -> Iterator[datetime]:
    """Starts at a local time that is skipped. A rule drops those (section 3.3.10), so they are named."""
    for change in offset_changes(entry.time_zone, entry.starts_at.year, year + _YEARS_AHEAD):
        day = (change.at + change.offset_before).date()
        # A gap can begin just before midnight, and has been a whole day.
        for candidate in (day, day + _DAY):
            if (
                entry.falls_on(candidate)
                and change.skips(entry.local_start(candidate))
                and _takes_place(entry, candidate, vacation)
            ):
                yield entry.starts_on(candidate)


def _vacation_days(entry: ScheduleEntry, vacation: Vacation | None) -> Iterator[date]:
    if vacation is None:
        return
    day, last = (vacation.starts_at - _DAY).date(), (vacation.ends_at + _DAY).date()
    while day <= last:
        if entry.falls_on(day) and vacation.covers(entry.starts_on(day)):
            yield day
        day += _DAY


def _takes_place(entry: ScheduleEntry, day: date, vacation: Vacation | None) -> bool:
    return day not in entry.cancelled and not (vacation and vacation.covers(entry.starts_on(day)))


def _places(entry: ScheduleEntry) -> set[int]:
    return {WEEK.index(day) for day in entry.repeats_on}


def _by_day(place: int) -> str:
    return ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[place]


def _time_zone(name: str, first_year: int, last_year: int) -> icalendar.Timezone:
    """Onsets by the offset before them (section 3.6.5); the library gets those of spring wrong."""
    written = icalendar.Timezone()
    written.add("tzid", name)
    start = datetime.combine(date(first_year, 1, 1), time())
    first = start.replace(tzinfo=time_zone(name))
    offset = first.utcoffset() or timedelta()
    beginning = OffsetChange(first, offset, offset, first.tzname() or name, bool(first.dst()))
    written.add_component(_observance([beginning], [start]))
    alike: defaultdict[tuple[object, ...], list[OffsetChange]] = defaultdict(list)
    for change in offset_changes(name, first_year, last_year):
        alike[change.offset_before, change.offset_after, change.name].append(change)
    for changes in alike.values():
        onsets = [(change.at + change.offset_before).replace(tzinfo=None) for change in changes]
        written.add_component(_observance(changes, onsets))
    return written


def _observance(changes: list[OffsetChange], onsets: list[datetime]) -> icalendar.Component:
    """onsets: local times by the offset before each."""
    change = changes[0]
    kind = icalendar.TimezoneDaylight if change.is_daylight_saving else icalendar.TimezoneStandard
    observance = kind()
    observance.add("dtstart", onsets[0])
    if onsets[1:]:
        observance.add("rdate", onsets[1:])
    observance.add("tzname", change.name)
    observance.add("tzoffsetfrom", change.offset_before)
    observance.add("tzoffsetto", change.offset_after)
    return observance
