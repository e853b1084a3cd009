"""The calendar feed, read back by other programs' rules: RFC 5545 by icalendar and dateutil."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import takewhile
from uuid import UUID

import icalendar
import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import datetime_ambiguous, datetime_exists, tzical
from hypothesis import given, settings
from hypothesis import strategies as st

from livehouse.channel.adapters.icalendar_writer import ICalendarWriter, _ics
from livehouse.channel.application.content_ports import Calendar
from livehouse.channel.contract import ChannelId, ChannelName
from livehouse.channel.domain.schedule import (
    WEEK,
    OccurrenceState,
    ScheduleEntry,
    ScheduleEntryId,
    Vacation,
    Weekday,
    occurrences,
)
from livehouse.channel.domain.time_zones import time_zone

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Etc/UTC"]


def entry(number: int = 1, **changes: object) -> ScheduleEntry:
    made = {
        "id": ScheduleEntryId(UUID(int=number)),
        "channel_id": ChannelId(UUID(int=1)),
        "title": "Painting",
        "category_id": None,
        "starts_at": datetime(2026, 3, 1, 19, 30),  # noqa: DTZ001 - local to the zone below
        "time_zone": "Europe/Paris",
        "duration": timedelta(hours=1),
        "repeats_on": frozenset(),
        "repeats_until": None,
        "cancelled": frozenset(),
        "changed_at": NOW,
    }
    return ScheduleEntry(**(made | changes))  # type: ignore[arg-type]


def feed(entries: Sequence[ScheduleEntry], vacation: Vacation | None = None) -> bytes:
    calendar = Calendar(ChannelName("ada"), "https://live.example/ada", tuple(entries), vacation)
    return _ics(calendar, NOW.year)


def lines(ics: bytes) -> list[str]:
    """Unfolded (section 3.1)."""
    assert ics.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
    return ics.decode().replace("\r\n ", "").split("\r\n")[:-1]


def starts_read(ics: bytes, since: datetime, until: datetime) -> list[datetime]:
    """When everything in the feed begins, worked out from its own VTIMEZONE by dateutil alone."""
    unfolded = "\n".join(lines(ics))
    zones = tzical(StringIO(unfolded))
    found: list[datetime] = []
    for event in icalendar.Calendar.from_ical(ics).walk("VEVENT"):
        if str(event["STATUS"]) == "CANCELLED":
            continue
        zone_name = event["DTSTART"].params.get("TZID")
        zone = zones.get(zone_name) if zone_name else UTC
        begin = event["DTSTART"].dt.replace(tzinfo=None)
        if "RRULE" not in event:
            found.append(begin.replace(tzinfo=zone).astimezone(UTC))
            continue
        left_out = _times(event, "EXDATE")
        rule = event["RRULE"].to_ical().decode()
        until_utc = event["RRULE"].get("UNTIL")
        rule = re.sub(r";?UNTIL=[^;]*", "", rule)
        by_rule = takewhile(lambda day: day.year < until.year + 1, rrulestr(rule, dtstart=begin))
        for local in by_rule:
            at = local.replace(tzinfo=zone).astimezone(UTC)
            if until_utc and at > until_utc[0]:
                break
            exists = at.astimezone(zone).replace(tzinfo=None) == local  # else dropped, section 3.3.10
            if local not in left_out and exists:
                found.append(at)
        found += [local.replace(tzinfo=zone).astimezone(UTC) for local in _times(event, "RDATE")]
    return sorted(at for at in set(found) if since <= at < until)


def _times(event: icalendar.Event, name: str) -> set[datetime]:
    listed = event.get(name, [])
    return {
        one.dt.replace(tzinfo=None)
        for each in (listed if isinstance(listed, list) else [listed])
        for one in each.dts
    }


def starts_meant(
    entries: Sequence[ScheduleEntry], vacation: Vacation | None, since: datetime
) -> list[datetime]:
    found = occurrences(entries, vacation, since, since + timedelta(days=60))
    return sorted(
        {one.starts_at for one in found if one.state is OccurrenceState.PLANNED and one.starts_at >= since}
    )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("clock", [(2, 30), (1, 30), (0, 0), (23, 59)])
@pytest.mark.parametrize("month", [3, 4, 10, 11])
def test_the_feed_says_what_the_schedule_says(zone: str, clock: tuple[int, int], month: int) -> None:
    since = datetime(2026, month, 1, tzinfo=UTC) - timedelta(days=25)
    daily = entry(
        starts_at=datetime(2026, 1, 5, *clock),  # noqa: DTZ001
        time_zone=zone,
        repeats_on=frozenset(Weekday),
        cancelled=frozenset({since.date() + timedelta(days=3)}),
        repeats_until=since.date() + timedelta(days=55),
    )
    vacation = Vacation(since + timedelta(days=10), since + timedelta(days=12, hours=2))
    meant = starts_meant([daily], vacation, since)
    assert len(meant) > 30
    assert starts_read(feed([daily], vacation), since, since + timedelta(days=60)) == meant


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2025, 6, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.replace(second=0, microsecond=0)
    ),
    days=st.sets(st.sampled_from(WEEK)),
    ahead=st.integers(0, 600),
    ends_after=st.none() | st.integers(7, 300),
)
def test_any_show_is_read_back(
    zone: str, start: datetime, days: set[Weekday], ahead: int, ends_after: int | None
) -> None:
    until = start.date() + timedelta(days=ends_after) if ends_after and days else None
    show = entry(starts_at=start, time_zone=zone, repeats_on=frozenset(days), repeats_until=until)
    since = (start + timedelta(days=ahead)).replace(tzinfo=UTC)
    assert starts_read(feed([show]), since, since + timedelta(days=60)) == starts_meant([show], None, since)


@pytest.mark.parametrize("zone", [*ZONES, "Europe/Dublin", "America/Santiago", "Africa/Casablanca"])
def test_the_time_zone_of_the_feed_is_the_real_one(zone: str) -> None:
    """Section 3.6.5: onsets are local times by the offset before."""
    local = entry(time_zone=zone)
    read = tzical(StringIO("\n".join(lines(feed([local]))))).get(zone)
    real = time_zone(zone)
    at = datetime(2025, 12, 1)  # noqa: DTZ001
    while at < datetime(2029, 1, 1):  # noqa: DTZ001
        if not datetime_exists(at, real) or datetime_ambiguous(at, real):
            at += timedelta(hours=5)
        assert at.replace(tzinfo=read).utcoffset() == at.replace(tzinfo=real).utcoffset(), at
        at += timedelta(hours=1)


def test_the_properties_of_a_show() -> None:
    title = 'Sea; sky, and\\or "land" \U0001f3a8'
    ics = feed([entry(title=title, version=3, changed_at=NOW + timedelta(hours=1))])
    (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    assert str(event["SUMMARY"]) == title
    assert 'SUMMARY:Sea\\; sky\\, and\\\\or "land" \U0001f3a8' in lines(ics)  # section 3.3.11
    assert str(event["UID"]) == "00000000-0000-0000-0000-000000000001"
    assert (event["SEQUENCE"], str(event["STATUS"])) == (2, "CONFIRMED")
    assert event["DTSTAMP"].dt == NOW + timedelta(hours=1)
    assert event["DURATION"].dt == timedelta(hours=1)
    assert "DTSTART;TZID=Europe/Paris:20260301T193000" in lines(ics)


def test_a_title_cannot_add_properties() -> None:
    injected = "x\r\nATTACH:https://evil.example\nEND:VEVENT"
    ics = feed([replace(entry(), title=injected)])
    assert not [line for line in lines(ics) if line.startswith("ATTACH")]
    (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    assert str(event["SUMMARY"]).splitlines()[0] == "x"


def test_the_uid_stays_and_the_sequence_grows() -> None:
    before, after = entry(), entry(version=2, title="Drawing")
    first, second = (icalendar.Calendar.from_ical(feed([one])).walk("VEVENT")[0] for one in (before, after))
    assert first["UID"] == second["UID"]
    assert first["SEQUENCE"] < second["SEQUENCE"]


def test_a_single_show_that_is_off_is_cancelled() -> None:
    day = date(2026, 3, 1)
    vacation = Vacation(datetime(2026, 2, 27, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    for ics in (feed([entry(cancelled=frozenset({day}))]), feed([entry()], vacation)):
        (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
        assert str(event["STATUS"]) == "CANCELLED"


def test_the_calendar_names_itself_and_every_zone_once() -> None:
    ics = feed([entry(1), entry(2), entry(3, time_zone="America/New_York")])
    calendar = icalendar.Calendar.from_ical(ics)
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert calendar["PRODID"]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["America/New_York", "Europe/Paris"]
    assert len({str(event["UID"]) for event in calendar.walk("VEVENT")}) == 3
    assert icalendar.Calendar.from_ical(feed([])).walk("VEVENT") == []


async def test_a_full_schedule_is_written() -> None:
    entries = tuple(
        entry(number, time_zone=ZONES[number % len(ZONES)], repeats_on=frozenset(Weekday))
        for number in range(1, 51)
    )
    vacation = Vacation(NOW + timedelta(days=60), NOW + timedelta(days=244))
    calendar = Calendar(ChannelName("ada"), "https://live.example/ada", entries, vacation)
    assert len(icalendar.Calendar.from_ical(await ICalendarWriter().ics(calendar, NOW)).walk("VEVENT")) == 50
