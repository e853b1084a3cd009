"""Schedules: local times over changes of the clocks, repetitions, cancellations, vacations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed
from cpc.kernel.ids import UuidV7Ids
from livehouse.access.testing import access_for
from livehouse.accounts.contract import ANONYMOUS, AccountId, AccountName, Actor
from livehouse.channel.application.change_schedule import (
    AddScheduleEntry,
    ChangeScheduleEntry,
    PlannedShow,
    RemoveScheduleEntry,
    SetVacation,
    ShowChange,
)
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.read_schedule import ReadSchedule
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.schedule import (
    MAX_ENTRIES,
    MAX_WINDOW,
    WEEK,
    OccurrenceState,
    ScheduleEntry,
    ScheduleEntryId,
    Vacation,
    Weekday,
    occurrences,
    window_end,
)
from livehouse.channel.domain.time_zones import instant, offset_changes, time_zone, time_zone_names
from livehouse.channel.testing import FakeCalendarWriter, InMemoryChannelDatabase

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Actor(AccountId(UUID(int=1)), AccountName("ada"))
DAILY = frozenset(Weekday)


def entry(start: str, zone: str = "Europe/Paris", **changes: object) -> ScheduleEntry:
    """start: such as 2026-03-28T02:30, local."""
    made = {
        "id": ScheduleEntryId(UUID(int=7)),
        "channel_id": ChannelId(UUID(int=1)),
        "title": "Painting",
        "category_id": None,
        "starts_at": datetime.fromisoformat(start),
        "time_zone": zone,
        "duration": timedelta(hours=1),
        "repeats_on": frozenset(),
        "repeats_until": None,
        "cancelled": frozenset(),
        "changed_at": NOW,
    }
    return ScheduleEntry(**(made | changes))  # type: ignore[arg-type]


def starts(one: ScheduleEntry, since: str, days: int, vacation: Vacation | None = None) -> list[str]:
    """In UTC, of those that take place."""
    begin = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return [
        f"{found.starts_at:%Y-%m-%dT%H:%M}"
        for found in occurrences([one], vacation, begin, begin + timedelta(days=days))
        if found.state is OccurrenceState.PLANNED
    ]


# Clocks go forward in Paris on 2026-03-29 at 02:00 (01:00 UTC), back on 2026-10-25 at 03:00 (01:00 UTC);
# in New York forward on 2026-03-08 at 02:00 (07:00 UTC), back on 2026-11-01 at 02:00 (06:00 UTC).
@pytest.mark.parametrize(
    ("zone", "start", "since", "expected"),
    [
        (
            "Europe/Paris",
            "2026-03-27T19:30",
            "2026-03-27",
            ["2026-03-27T18:30", "2026-03-28T18:30", "2026-03-29T17:30", "2026-03-30T17:30"],
        ),
        (  # skipped: as long after the gap as it was meant after its beginning
            "Europe/Paris",
            "2026-03-27T02:30",
            "2026-03-27",
            ["2026-03-27T01:30", "2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"],
        ),
        (  # twice: the first
            "Europe/Paris",
            "2026-10-23T02:30",
            "2026-10-23",
            ["2026-10-23T00:30", "2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
        ),
        (
            "America/New_York",
            "2026-03-06T02:30",
            "2026-03-06",
            ["2026-03-06T07:30", "2026-03-07T07:30", "2026-03-08T07:30", "2026-03-09T06:30"],
        ),
        (
            "America/New_York",
            "2026-10-30T01:30",
            "2026-10-30",
            ["2026-10-30T05:30", "2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"],
        ),
        (  # where the clocks change at midnight, and a day begins at one
            "America/Santiago",
            "2026-09-05T00:15",
            "2026-09-05",
            ["2026-09-05T04:15", "2026-09-06T04:15", "2026-09-07T03:15", "2026-09-08T03:15"],
        ),
        (  # half an hour
            "Australia/Lord_Howe",
            "2026-10-03T02:10",
            "2026-10-02",
            ["2026-10-02T15:40", "2026-10-03T15:40", "2026-10-04T15:10", "2026-10-05T15:10"],
        ),
    ],
)
def test_a_daily_show_over_a_change_of_the_clocks(
    zone: str, start: str, since: str, expected: list[str]
) -> None:
    daily = entry(start, zone, repeats_on=DAILY)
    assert starts(daily, since, 4) == expected


def test_a_repetition_begins_on_its_first_day_and_ends_with_its_last() -> None:
    # 2026-03-04 is a Wednesday.
    weekly = entry(
        "2026-03-04T20:00",
        "UTC",
        repeats_on=frozenset({Weekday.MONDAY, Weekday.FRIDAY}),
        repeats_until=date(2026, 3, 16),
    )
    assert weekly.first_date == date(2026, 3, 6)
    assert starts(weekly, "2026-02-20", 60) == [
        "2026-03-06T20:00",
        "2026-03-09T20:00",
        "2026-03-13T20:00",
        "2026-03-16T20:00",
    ]


def test_a_single_show_is_once() -> None:
    single = entry("2026-03-04T20:00", "UTC")
    assert starts(single, "2026-02-20", 60) == ["2026-03-04T20:00"]
    assert starts(single, "2026-03-05", 60) == []


def test_a_show_that_runs_is_still_there_and_one_that_is_over_is_not() -> None:
    long_show = entry("2026-03-04T20:00", "UTC", duration=timedelta(hours=72))
    assert starts(long_show, "2026-03-07T19:59", 1) == ["2026-03-04T20:00"]
    assert starts(long_show, "2026-03-07T20:00", 1) == []
    assert starts(long_show, "2026-03-03T20:00", 1) == []


def test_cancelled_days_and_vacations_are_told_and_do_not_take_place() -> None:
    daily = entry(
        "2026-07-01T20:00", "America/New_York", repeats_on=DAILY, cancelled=frozenset({date(2026, 7, 2)})
    )
    vacation = Vacation.parse(datetime(2026, 7, 5, tzinfo=UTC), datetime(2026, 7, 7, tzinfo=UTC))
    found = occurrences([daily], vacation, datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 9, tzinfo=UTC))
    # 20:00 in New York is midnight of the next day by UTC: the one of the 4th is already within.
    assert [(one.day.day, one.state.value) for one in found] == [
        (1, "planned"),
        (2, "cancelled"),
        (3, "planned"),
        (4, "vacation"),
        (5, "vacation"),
        (6, "planned"),
        (7, "planned"),
    ]


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"time_zone": "Europe/Atlantis"}, "no-such-time-zone"),
        ({"time_zone": "../../etc/passwd"}, "no-such-time-zone"),
        ({"time_zone": ""}, "no-such-time-zone"),
        ({"duration": timedelta(minutes=4)}, "malformed-duration"),
        ({"duration": timedelta(hours=73)}, "malformed-duration"),
        ({"starts_at": datetime(2026, 3, 1, 20, 0, 1)}, "malformed-start"),  # noqa: DTZ001
        ({"starts_at": datetime(2026, 3, 1, 20, tzinfo=UTC)}, "malformed-start"),
        ({"starts_at": datetime(1999, 3, 1, 20)}, "malformed-start"),  # noqa: DTZ001
        ({"starts_at": datetime(2100, 3, 1, 20)}, "malformed-start"),  # noqa: DTZ001
        ({"repeats_until": date(2026, 4, 1)}, "malformed-repetition"),
        ({"repeats_on": DAILY, "repeats_until": date(2026, 2, 1)}, "malformed-repetition"),
        ({"repeats_on": DAILY, "repeats_until": date(9999, 2, 1)}, "malformed-start"),
        ({"cancelled": frozenset({date(2026, 3, 2)})}, "not-on-that-day"),
        (
            {
                "repeats_on": DAILY,
                "cancelled": frozenset(date(2026, 3, 1) + timedelta(days=n) for n in range(201)),
            },
            "too-many-cancellations",
        ),
    ],
)
def test_what_cannot_be_planned(changes: dict[str, object], slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        entry("2026-03-01T20:00", **changes)  # type: ignore[arg-type]
    assert refused.value.slug == slug


def test_a_window_has_a_limit() -> None:
    with pytest.raises(Invalid) as refused:
        window_end(NOW, MAX_WINDOW + timedelta(seconds=1))
    assert refused.value.slug == "window-too-long"
    for year in (1, 1999, 2100, 9999):
        with pytest.raises(Invalid) as refused:
            window_end(datetime(year, 12, 31, tzinfo=UTC), timedelta(days=1))
        assert refused.value.slug == "window-outside-years"
    last = datetime(2099, 12, 31, tzinfo=UTC)
    assert window_end(last, MAX_WINDOW) == last + MAX_WINDOW


def test_every_zone_of_the_package_can_be_used() -> None:
    assert len(time_zone_names()) > 400
    for name in time_zone_names():
        assert time_zone(name).key == name


@settings(deadline=None)
@given(
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "UTC"]),
    begin=st.dates(date(2020, 1, 1), date(2035, 12, 1)),
    clock=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    days=st.sets(st.sampled_from(WEEK), min_size=1),
)
def test_shows_keep_their_local_time_and_their_days(
    zone: str, begin: date, clock: time, days: set[Weekday]
) -> None:
    """Oracle: the zone information of Python, asked the other way round."""
    weekly = entry(datetime.combine(begin, clock).isoformat(), zone, repeats_on=frozenset(days))
    since = datetime.combine(begin, time(), UTC)
    found = occurrences([weekly], None, since, since + timedelta(days=60))
    assert len({one.day for one in found}) == len(found)
    assert {one.day for one in found} >= {
        begin + timedelta(days=n) for n in range(1, 58) if WEEK[(begin + timedelta(days=n)).weekday()] in days
    }
    for one in found:
        local = one.starts_at.astimezone(time_zone(zone)).replace(tzinfo=None)
        meant = datetime.combine(one.day, clock)
        gap = [change for change in offset_changes(zone, begin.year, begin.year + 1) if change.skips(meant)]
        if gap:
            assert local - meant == gap[0].offset_after - gap[0].offset_before
        else:
            assert local == meant
        assert WEEK[one.day.weekday()] in days
        assert one.ends_at - one.starts_at == weekly.duration


@settings(deadline=None)
@given(
    zone=st.sampled_from(
        ["Europe/Dublin", "America/Santiago", "Africa/Casablanca", "Pacific/Apia", "Asia/Gaza"]
    ),
    year=st.integers(2005, 2034),
)
def test_offset_changes_are_all_changes_and_only_those(zone: str, year: int) -> None:
    changes = offset_changes(zone, year, year)
    for change in changes:
        before = (change.at - timedelta(seconds=1)).astimezone(time_zone(zone))
        after = change.at.astimezone(time_zone(zone))
        assert (before.utcoffset(), after.utcoffset()) == (change.offset_before, change.offset_after)
    at = datetime(year, 1, 1, tzinfo=UTC)
    offsets = [(at + timedelta(hours=n)).astimezone(time_zone(zone)).utcoffset() for n in range(365 * 24)]
    assert sum(a != b for a, b in pairwise(offsets)) == len(changes)


def test_a_time_that_comes_twice_is_the_first() -> None:
    paris = time_zone("Europe/Paris")
    assert instant(datetime(2026, 10, 25, 2, 30, fold=1), paris) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # noqa: DTZ001


# --- the use cases

SHOW = PlannedShow(
    title=" Painting  the sea ",
    starts_at=datetime(2026, 3, 1, 19, 30),  # noqa: DTZ001 - local to the zone beside it
    time_zone="Europe/Paris",
    duration=timedelta(hours=2),
)


class Stage:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.ids = UuidV7Ids(self.clock)
        self.database = InMemoryChannelDatabase()
        self.calendars = FakeCalendarWriter()

    async def open(self) -> Stage:
        units = self.database.unit_of_work
        channel = await CreateChannel(units, self.clock, self.ids)(ADA.require_account(), AccountName("ada"))
        access = access_for((channel.id, channel.owner_id))
        self.read = ReadSchedule(units, access, self.clock, self.calendars)
        self.add = AddScheduleEntry(units, access, self.clock, self.ids)
        self.change = ChangeScheduleEntry(units, access, self.clock)
        self.remove = RemoveScheduleEntry(units, access)
        self.set_vacation = SetVacation(units, access)
        return self


@pytest.fixture
async def stage() -> Stage:
    return await Stage().open()


async def test_a_show_is_planned_changed_and_removed(stage: Stage) -> None:
    planned = await stage.add(ADA, "ada", SHOW)
    assert (planned.title, planned.version) == ("Painting the sea", 1)
    stage.clock.advance(timedelta(hours=1))
    changed = await stage.change(
        ADA, "ada", str(planned.id), ShowChange(repeats_on=[Weekday.SUNDAY], cancelled=[date(2026, 3, 8)])
    )
    assert (changed.version, changed.changed_at) == (2, NOW + timedelta(hours=1))
    assert await stage.change(ADA, "ada", str(planned.id), ShowChange(title="Painting the sea")) == changed
    moved = await stage.change(ADA, "ada", str(planned.id), ShowChange(repeats_on=[Weekday.MONDAY]))
    assert moved.cancelled == frozenset(), "days on which it no longer falls are forgotten"
    ending = await stage.change(ADA, "ada", str(planned.id), ShowChange(repeats_until=date(2026, 4, 1)))
    assert ending.repeats_until == date(2026, 4, 1)
    endless = await stage.change(ADA, "ada", str(planned.id), ShowChange(repeats_for_ever=True))
    assert endless == replace(moved, version=endless.version, changed_at=endless.changed_at)
    single = await stage.change(ADA, "ada", str(planned.id), ShowChange(repeats_on=[]))
    assert (await stage.read(ANONYMOUS, "ada")).entries == [single]
    await stage.remove(ADA, "ada", str(planned.id))
    assert (await stage.read(ANONYMOUS, "ada")).entries == []
    for missing in (str(planned.id), "sch_x", "../.."):
        with pytest.raises(NotFound):
            await stage.change(ADA, "ada", missing, ShowChange())
        with pytest.raises(NotFound):
            await stage.remove(ADA, "ada", missing)


async def test_a_show_that_is_another_by_now_is_left_alone(stage: Stage) -> None:
    planned = await stage.add(ADA, "ada", SHOW)
    show_id = str(planned.id)
    changed = await stage.change(ADA, "ada", show_id, ShowChange(title="Drawing"), expected_version=1)
    for expected in (1, 3):
        with pytest.raises(PreconditionFailed) as refused:
            await stage.change(ADA, "ada", show_id, ShowChange(title="Singing"), expected_version=expected)
        assert refused.value.slug == "show-changed"
        with pytest.raises(PreconditionFailed):
            await stage.remove(ADA, "ada", show_id, expected_version=expected)
    assert (await stage.read(ANONYMOUS, "ada")).entries == [changed]
    await stage.remove(ADA, "ada", show_id, expected_version=2)
    assert (await stage.read(ANONYMOUS, "ada")).entries == []


async def test_a_schedule_has_a_limit(stage: Stage) -> None:
    for _ in range(MAX_ENTRIES):
        await stage.add(ADA, "ada", SHOW)
    with pytest.raises(Conflict) as refused:
        await stage.add(ADA, "ada", SHOW)
    assert refused.value.slug == "schedule-full"
    with pytest.raises(Invalid):
        await stage.add(ADA, "ada", replace(SHOW, title=" "))


async def test_a_vacation_begins_and_is_over(stage: Stage) -> None:
    await stage.add(ADA, "ada", replace(SHOW, repeats_on=tuple(Weekday)))
    march = datetime(2026, 3, 1, tzinfo=UTC)
    await stage.set_vacation(ADA, "ada", (march, march + timedelta(days=2)))
    read = await stage.read(ANONYMOUS, "ada", since=march, window=timedelta(days=3))
    assert [one.state.value for one in read.occurrences] == ["vacation", "vacation", "planned"]
    assert await stage.set_vacation(ADA, "ada", None) is None
    assert (await stage.read(ANONYMOUS, "ada")).vacation is None
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))
    for span in (
        (march, march),
        (march, march - timedelta(1)),
        (march, march + timedelta(days=185)),
        (datetime.min.replace(tzinfo=east), datetime(1, 2, 1, tzinfo=UTC)),
        (datetime(9999, 12, 1, tzinfo=UTC), datetime.max.replace(tzinfo=west)),
    ):
        with pytest.raises(Invalid) as refused:
            await stage.set_vacation(ADA, "ada", span)
        assert refused.value.slug == "malformed-vacation"


async def test_the_feed_has_what_is_planned(stage: Stage) -> None:
    planned = await stage.add(ADA, "ada", SHOW)
    assert await stage.read.as_calendar(ANONYMOUS, "ADA", page_url="https://live.example/ada")
    (calendar,) = stage.calendars.written
    assert (calendar.channel_name.value, calendar.entries) == ("ada", (planned,))
