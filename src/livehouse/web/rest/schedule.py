"""When a creator plans to be live; also as an iCalendar feed."""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from livehouse.channel.application import (
    MAX_WINDOW,
    Occurrence,
    PlannedShow,
    ScheduleEntry,
    ShowChange,
    Vacation,
    Weekday,
)
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases, Options
from livehouse.web.plain_route import PlainRoute
from livehouse.web.preconditions import (
    NOT_MODIFIED,
    IfMatch,
    IfNoneMatch,
    entity_tag,
    entity_tags,
    expected_version,
)
from livehouse.web.problems import may_answer
from livehouse.web.rest.shapes import AS_WRITTEN, Body, Day, LocalTime, Moment, Rfc3339, Shape

router = APIRouter(prefix="/api/v1", tags=["schedule"], route_class=PlainRoute)

_ID = "sch_0198f0a2b3c47d5e8f901a2b3c4d5e6f"
_LOCAL = "By the clocks of `time_zone`, to the minute, without an offset"

Title = Annotated[
    str, Field(max_length=3000, description="1 to 140 characters", examples=["Painting the sea"])
]
LocalStart = Annotated[LocalTime, Field(description=_LOCAL, examples=["2026-12-01T19:30:00"])]
ZoneName = Annotated[str, Field(max_length=60, description="IANA name", examples=["Europe/Paris"])]
DurationMin = Annotated[int, Field(ge=5, le=72 * 60, examples=[120])]
CategoryText = Annotated[
    str, Field(max_length=200, description="Name or slug of a category; empty: none", examples=["Art"])
]
RepeatsOn = Annotated[
    tuple[Annotated[Weekday, AS_WRITTEN], ...],
    AS_WRITTEN,
    Field(
        max_length=7,
        description="Days of the week on which it comes again; empty: a single show",
        examples=[["tuesday", "saturday"]],
    ),
]
Cancelled = Annotated[
    tuple[Day, ...],
    AS_WRITTEN,
    Field(
        max_length=200,
        description="Days of `time_zone` on which it does not take place",
        examples=[["2026-12-26"]],
    ),
]

_REFUSALS = (
    "no-such-category",
    "title-missing",
    "title-too-long",
    "malformed-start",
    "malformed-duration",
    "malformed-repetition",
    "not-on-that-day",
    "too-many-cancellations",
    "no-such-time-zone",
)


class ScheduleEntryShape(Shape):
    id: Annotated[str, Field(examples=[_ID])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(description="Its name; empty without one", examples=["Art"])]
    category_slug: Annotated[str | None, Field(examples=["art"])]
    starts_at: Annotated[datetime, Field(description=_LOCAL, examples=["2026-12-01T19:30:00"])]
    time_zone: Annotated[str, Field(examples=["Europe/Paris"])]
    duration_min: Annotated[int, Field(examples=[120])]
    repeats_on: Annotated[list[Weekday], Field(examples=[["tuesday", "saturday"]])]
    repeats_until: Annotated[date | None, Field(description="The last day; null: for ever")]
    cancelled: Annotated[list[date], Field(examples=[["2026-12-26"]])]
    etag: Annotated[
        str, Field(description="For `If-Match` of a change or removal", examples=['"3-9e83a1c0"'])
    ]


class OccurrenceShape(Shape):
    entry_id: Annotated[str, Field(examples=[_ID])]
    title: Annotated[str, Field(examples=["Painting the sea"])]
    category: Annotated[str, Field(description="Its name; empty without one", examples=["Art"])]
    category_slug: Annotated[str | None, Field(examples=["art"])]
    day: Annotated[date, Field(description="By which it is cancelled", examples=["2026-12-01"])]
    starts_at: Annotated[Rfc3339, Field(examples=["2026-12-01T18:30:00Z"])]
    ends_at: Annotated[Rfc3339, Field(examples=["2026-12-01T20:30:00Z"])]
    state: Annotated[str, Field(description="planned, cancelled or vacation", examples=["planned"])]


class VacationShape(Shape):
    starts_at: Annotated[Rfc3339, Field(examples=["2026-12-20T00:00:00Z"])]
    ends_at: Annotated[Rfc3339, Field(examples=["2027-01-03T00:00:00Z"])]


class ScheduleShape(Shape):
    entries: list[ScheduleEntryShape]
    vacation: VacationShape | None
    occurrences: Annotated[
        list[OccurrenceShape], Field(description="The earliest first; those that run now too")
    ]


class NewScheduleEntry(Body):
    title: Title
    starts_at: LocalStart
    time_zone: ZoneName
    duration_min: DurationMin
    repeats_on: RepeatsOn = ()
    repeats_until: Annotated[Day | None, Field(description="The last day; null: for ever")] = None
    cancelled: Cancelled = ()
    category: CategoryText = ""


class ScheduleEntryChange(Body):
    title: Title | None = None
    starts_at: LocalStart | None = None
    time_zone: ZoneName | None = None
    duration_min: DurationMin | None = None
    repeats_on: RepeatsOn | None = None
    repeats_until: Annotated[Day | None, Field(description="null: for ever")] = None
    cancelled: Cancelled | None = None
    category: CategoryText | None = None


class NewVacation(Body):
    starts_at: Annotated[Moment, Field(examples=["2026-12-20T00:00:00Z"])]
    ends_at: Annotated[Moment, Field(examples=["2027-01-03T00:00:00Z"])]


@router.get("/channels/{name}/schedule", openapi_extra=may_answer("window-too-long", "window-outside-years"))
async def get_schedule(
    name: str,
    actor: CurrentActor,
    cases: Cases,
    since: Annotated[
        Moment | None, Query(description="Which shows to work out: those not over then; now")
    ] = None,
    days: Annotated[int, Query(ge=1, le=MAX_WINDOW.days, description="How far ahead")] = 14,
) -> ScheduleShape:
    """What is planned, and when it takes place."""
    read = await cases.channel.read_schedule(actor, name, since=since, window=timedelta(days=days))
    return ScheduleShape(
        entries=[_entry(entry) for entry in read.entries],
        vacation=None if read.vacation is None else _vacation(read.vacation),
        occurrences=[_occurrence(occurrence) for occurrence in read.occurrences],
    )


@router.get(
    "/channels/{name}/schedule.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}, **NOT_MODIFIED},
)
async def get_schedule_feed(
    name: str,
    request: Request,
    actor: CurrentActor,
    cases: Cases,
    options: Options,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The schedule as an iCalendar object (RFC 5545), for calendar programs."""
    base_url = options.public_url or str(request.base_url)
    calendar = await cases.channel.read_schedule.as_calendar(
        actor, name, page_url=f"{base_url.rstrip('/')}/{name.lower()}"
    )
    etag = f'"{zlib.crc32(calendar):08x}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=300"}
    if if_none_match is not None and etag in {tag.opaque for tag in entity_tags(if_none_match)}:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{name.lower()}.ics"'
    return Response(calendar, headers=headers, media_type="text/calendar; charset=utf-8")


@router.post(
    "/channels/{name}/schedule",
    status_code=201,
    openapi_extra=may_answer("schedule-full", *_REFUSALS),
)
async def add_schedule_entry(
    name: str, body: NewScheduleEntry, response: Response, actor: CurrentActor, cases: Cases
) -> ScheduleEntryShape:
    """Plan a show, or one that comes again every week. For the owner and editors."""
    show = PlannedShow(
        title=body.title,
        starts_at=body.starts_at,
        time_zone=body.time_zone,
        duration=timedelta(minutes=body.duration_min),
        repeats_on=body.repeats_on,
        repeats_until=body.repeats_until,
        cancelled=body.cancelled,
        category=body.category,
    )
    added = await cases.channel.add_schedule_entry(actor, name, show)
    response.headers["Location"] = f"/api/v1/channels/{name}/schedule/{added.id}"
    return _tagged(response, added)


@router.put("/channels/{name}/schedule/vacation", openapi_extra=may_answer("malformed-vacation"))
async def set_vacation(name: str, body: NewVacation, actor: CurrentActor, cases: Cases) -> VacationShape:
    """Say for how long no show takes place. For the owner and editors."""
    vacation = await cases.channel.set_vacation(actor, name, (body.starts_at, body.ends_at))
    assert vacation is not None
    return _vacation(vacation)


@router.delete("/channels/{name}/schedule/vacation", status_code=204)
async def end_vacation(name: str, actor: CurrentActor, cases: Cases) -> None:
    """Let shows take place again. For the owner and editors."""
    await cases.channel.set_vacation(actor, name, None)


@router.patch(
    "/channels/{name}/schedule/{entry_id}",
    openapi_extra=may_answer("no-such-show", "show-changed", *_REFUSALS),
)
async def change_schedule_entry(
    name: str,
    entry_id: str,
    body: ScheduleEntryChange,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    if_match: IfMatch = None,
) -> ScheduleEntryShape:
    """Move, change or cancel a show; what is not sent stays. For the owner and editors."""
    change = ShowChange(
        title=body.title,
        starts_at=body.starts_at,
        time_zone=body.time_zone,
        duration=None if body.duration_min is None else timedelta(minutes=body.duration_min),
        repeats_on=body.repeats_on,
        repeats_until=body.repeats_until,
        repeats_for_ever="repeats_until" in body.model_fields_set and body.repeats_until is None,
        cancelled=body.cancelled,
        category=body.category,
    )
    expected = expected_version(if_match, "show-changed")
    changed = await cases.channel.change_schedule_entry(
        actor, name, entry_id, change, expected_version=expected
    )
    return _tagged(response, changed)


@router.delete(
    "/channels/{name}/schedule/{entry_id}",
    status_code=204,
    openapi_extra=may_answer("no-such-show", "show-changed"),
)
async def remove_schedule_entry(
    name: str, entry_id: str, actor: CurrentActor, cases: Cases, if_match: IfMatch = None
) -> None:
    """Take a show off the schedule, with all its repetitions. For the owner and editors."""
    expected = expected_version(if_match, "show-changed")
    await cases.channel.remove_schedule_entry(actor, name, entry_id, expected_version=expected)


def _tagged(response: Response, entry: ScheduleEntry) -> ScheduleEntryShape:
    shape = _entry(entry)
    response.headers["ETag"] = shape.etag
    return shape


def _entry(entry: ScheduleEntry) -> ScheduleEntryShape:
    shape = ScheduleEntryShape(
        id=str(entry.id),
        title=entry.title,
        category=entry.category,
        category_slug=entry.category_slug,
        starts_at=entry.starts_at,
        time_zone=entry.time_zone,
        duration_min=entry.duration // timedelta(minutes=1),
        repeats_on=[day for day in Weekday if day in entry.repeats_on],
        repeats_until=entry.repeats_until,
        cancelled=sorted(entry.cancelled),
        etag="",
    )
    return shape.model_copy(update={"etag": entity_tag(shape.model_dump_json(), entry.version)})


def _occurrence(occurrence: Occurrence) -> OccurrenceShape:
    return OccurrenceShape(
        entry_id=str(occurrence.entry.id),
        title=occurrence.entry.title,
        category=occurrence.entry.category,
        category_slug=occurrence.entry.category_slug,
        day=occurrence.day,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        state=occurrence.state.value,
    )


def _vacation(vacation: Vacation) -> VacationShape:
    return VacationShape(starts_at=vacation.starts_at, ends_at=vacation.ends_at)
