"""When a creator plans to be live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from cpc.kernel.errors import Invalid
from cpc.kernel.ids import EntityId
from livehouse.channel.contract import CategoryId, ChannelId
from livehouse.channel.domain.category import Category
from livehouse.channel.domain.channel import MAX_TITLE_CHARACTERS
from livehouse.channel.domain.settings import titled
from livehouse.channel.domain.time_zones import instant, time_zone

MAX_ENTRIES = 50
MAX_CANCELLATIONS = 200
MAX_WINDOW = timedelta(days=62)
MIN_DURATION = timedelta(minutes=5)
MAX_DURATION = timedelta(hours=72)
MAX_VACATION = timedelta(days=184)
_YEARS = range(2000, 2100)
_DAY = timedelta(days=1)


class Weekday(StrEnum):
    """In the order of `date.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEK: tuple[Weekday, ...] = tuple(Weekday)


class ScheduleEntryId(EntityId):
    prefix: ClassVar[str] = "sch"


class OccurrenceState(StrEnum):
    PLANNED = "planned"
    CANCELLED = "cancelled"
    VACATION = "vacation"


@dataclass(frozen=True, slots=True)
class Vacation:
    """What begins from `starts_at` on and before `ends_at` does not take place. In UTC."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def parse(cls, starts_at: datetime, ends_at: datetime) -> Vacation:
        """Aware times. Raises `Invalid` (malformed-vacation)."""
        if starts_at.year not in _YEARS or ends_at.year not in _YEARS:  # further ones may have no time in UTC
            raise Invalid("malformed-vacation", "A vacation is in the years 2000 to 2099.")
        starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
        if not starts_at < ends_at <= starts_at + MAX_VACATION:
            raise Invalid(
                "malformed-vacation", "A vacation ends after it begins and at most half a year later."
            )
        return cls(starts_at, ends_at)

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """One planned show, or one that comes again every week.

    starts_at: the first one's begin, a naive time of `time_zone` (an IANA name); clocks that change do not
    move it. repeats_on: the days of the week; empty for a single show. repeats_until: the last day it may
    fall on. cancelled: days, by `time_zone`, on which it does not take place.
    version: one more with every change; SEQUENCE in the calendar feed. category, category_slug: of the
    category as it is called by now.
    """

    id: ScheduleEntryId
    channel_id: ChannelId
    title: str
    category_id: CategoryId | None
    starts_at: datetime
    time_zone: str
    duration: timedelta
    repeats_on: frozenset[Weekday]
    repeats_until: date | None
    cancelled: frozenset[date]
    changed_at: datetime
    version: int = 1
    category: str = ""
    category_slug: str | None = None

    def __post_init__(self) -> None:
        """Raises `Invalid`."""
        time_zone(self.time_zone)
        if self.starts_at.tzinfo is not None or self.starts_at.second or self.starts_at.microsecond:
            raise Invalid(
                "malformed-start", "A show starts at a whole minute of local time, such as 2026-03-01T19:30."
            )
        last = self.repeats_until or self.starts_at.date()
        if self.starts_at.year not in _YEARS or last.year not in _YEARS:
            raise Invalid("malformed-start", "A show is in the years 2000 to 2099.")
        if not MIN_DURATION <= self.duration <= MAX_DURATION:
            raise Invalid("malformed-duration", "A show lasts from 5 minutes to 72 hours.")
        if self.repeats_until is not None and not self.repeats_on:
            raise Invalid(
                "malformed-repetition", "`repeats_until` is for shows that repeat: give `repeats_on`."
            )
        if self.repeats_until is not None and self.first_date > self.repeats_until:
            raise Invalid("malformed-repetition", "The repetition ends before the first show.")
        if len(self.cancelled) > MAX_CANCELLATIONS:
            raise Invalid(
                "too-many-cancellations",
                f"At most {MAX_CANCELLATIONS} days of a show can be cancelled. Drop those long past.",
            )
        if not all(self.falls_on(day) for day in self.cancelled):
            raise Invalid("not-on-that-day", "A cancelled day is one on which the show would take place.")

    def about(self, category: Category | None) -> ScheduleEntry:
        """With that category, or none."""
        if category is None:
            return replace(self, category_id=None, category="", category_slug=None)
        return replace(self, category_id=category.id, category=category.name, category_slug=category.slug)

    @property
    def first_date(self) -> date:
        """Of the first show: where a repetition leaves out the start's own day, the next day it does not."""
        day = self.starts_at.date()
        while self.repeats_on and WEEK[day.weekday()] not in self.repeats_on:
            day += _DAY
        return day

    def falls_on(self, day: date) -> bool:
        """Whether it is meant for that day, cancelled or not."""
        first = self.first_date
        if not self.repeats_on:
            return day == first
        is_over = self.repeats_until is not None and day > self.repeats_until
        return day >= first and not is_over and WEEK[day.weekday()] in self.repeats_on

    def local_start(self, day: date) -> datetime:
        """The naive local time it is meant for on that day."""
        return datetime.combine(day, self.starts_at.time())

    def starts_on(self, day: date) -> datetime:
        """The instant it begins, in UTC."""
        return instant(self.local_start(day), time_zone(self.time_zone))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """day: by which it is cancelled. starts_at, ends_at: in UTC."""

    entry: ScheduleEntry
    day: date
    starts_at: datetime
    ends_at: datetime
    state: OccurrenceState


def valid_title(title: str) -> str:
    """Raises `Invalid` (title-too-long, title-missing)."""
    return titled(title, MAX_TITLE_CHARACTERS, "show")


def window_end(since: datetime, window: timedelta) -> datetime:
    """Where a window of the schedule ends. Raises `Invalid` (window-too-long, window-outside-years)."""
    if window > MAX_WINDOW:
        raise Invalid("window-too-long", f"Ask for at most {MAX_WINDOW.days} days of a schedule.")
    if since.year not in _YEARS:
        raise Invalid("window-outside-years", "A schedule is of the years 2000 to 2099. Ask for those.")
    return since + window


def occurrences(
    entries: Iterable[ScheduleEntry], vacation: Vacation | None, since: datetime, until: datetime
) -> list[Occurrence]:
    """All that are not over at `since` and begin before `until`, the earliest first. Aware times, of a window
    that `window_end` allows.
    """
    found = [one for entry in entries for one in _of_entry(entry, vacation, since, until)]
    return sorted(found, key=lambda one: (one.starts_at, one.entry.id.uuid))


def _of_entry(
    entry: ScheduleEntry, vacation: Vacation | None, since: datetime, until: datetime
) -> Iterator[Occurrence]:
    # Local dates differ from those of UTC by a day at most, and a gap moves a start by less than that.
    day = max((since - entry.duration - _DAY).date(), entry.first_date)
    last = (until + _DAY).date() if entry.repeats_on else min(entry.first_date, (until + _DAY).date())
    while day <= last:
        if entry.falls_on(day):
            starts_at = entry.starts_on(day)
            ends_at = starts_at + entry.duration
            if ends_at > since and starts_at < until:
                yield Occurrence(entry, day, starts_at, ends_at, _state(entry, day, starts_at, vacation))
        day += _DAY


def _state(
    entry: ScheduleEntry, day: date, starts_at: datetime, vacation: Vacation | None
) -> OccurrenceState:
    if day in entry.cancelled:
        return OccurrenceState.CANCELLED
    if vacation is not None and vacation.covers(starts_at):
        return OccurrenceState.VACATION
    return OccurrenceState.PLANNED
