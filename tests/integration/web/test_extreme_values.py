"""The ends of time in every date that an operation takes, and in cursors: answered, no error of ours."""

from __future__ import annotations

import copy

import httpx
import pytest
from tests.integration.web.test_administration import administrator as administrator  # a fixture
from tests.unit.web.document_places import (
    OPERATIONS,
    Json,
    address,
    body_of,
    parameters_of,
    texts,
    with_value,
)

from cpc.kernel.cursors import write_cursor

pytestmark = pytest.mark.integration

MOMENTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
)
DAYS = ("0001-01-01", "9999-12-31")
LOCAL_TIMES = ("0001-01-01T00:00:00", "9999-12-31T23:59:00")


def dates(name: str) -> list[tuple[str, Json]]:
    """Requests: an address and a body, one for each end of time in each date that the operation takes."""
    path, _, operation = OPERATIONS[name]
    parameters = parameters_of(operation)
    schema, example = body_of(operation)
    found: list[tuple[str, Json]] = []
    ends = {"date-time": (*MOMENTS, *LOCAL_TIMES), "date": DAYS}
    for parameter in parameters:
        for _, form in texts(parameter["schema"]):
            for end in ends.get(form, ()):
                url = address(path, parameters, **{parameter["name"]: end})
                query = httpx.QueryParams({parameter["name"]: end})
                found.append((f"{url}?{query}" if parameter["in"] == "query" else url, example))
    for place, form in () if schema is None else texts(schema):
        bodies = [with_value(copy.deepcopy(example), place, end) for end in ends.get(form, ())]
        found += [(address(path, parameters), body) for body in bodies]
    return found


WITH_DATES = [name for name in OPERATIONS if dates(name)]


def test_the_operations_with_dates_are_found() -> None:
    assert {
        "get /api/v1/channels/{name}/schedule",
        "put /api/v1/channels/{name}/schedule/vacation",
        "post /api/v1/channels/{name}/schedule",
        "put /api/v1/administration/accounts/{name}/suspension",
        "post /api/v1/channels/{name}/stream-keys",
    } <= set(WITH_DATES)


async def test_the_ends_of_time_are_answered(
    administrator: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    """By what the document lists: the door of these tests looks for that."""
    show = {
        "title": "Painting",
        "starts_at": "2026-03-27T02:30:00",
        "time_zone": "Europe/Paris",
        "duration_min": 60,
        "repeats_on": ["friday"],
    }
    made = await administrator.post("/api/v1/channels/ada/schedule", json=show)
    assert made.status_code == 201, made.text
    for name in WITH_DATES:
        _, method, _ = OPERATIONS[name]
        for address_of_ada, body in dates(name):
            url = address_of_ada.replace("/administration/accounts/ada/", "/administration/accounts/bob/")
            url = url.replace("/schedule/ada", f"/schedule/{made.json()['id']}")
            answer = await administrator.request(method, url, json=body)
            assert answer.status_code < 500, (url, body, answer.text)
            read = await administrator.get("/api/v1/channels/ada/schedule")
            assert read.status_code == 200, (url, body)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_forged_cursor_leads_to_no_end_of_time(ada: httpx.AsyncClient, at: str) -> None:
    cursor = write_cursor("broadcast-statistics", at, "brd_x")
    answer = await ada.get("/api/v1/channels/ada/statistics/broadcasts", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-cursor")


async def test_a_forged_cursor_holds_numbers_of_any_size(ada: httpx.AsyncClient) -> None:
    for viewers in (-(2**63), 2**63 - 1):
        cursor = write_cursor("categories", viewers, "art")
        assert (await ada.get("/api/v1/categories", params={"cursor": cursor})).status_code in {200, 400}
