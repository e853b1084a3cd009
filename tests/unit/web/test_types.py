"""A body has values of the types that the document names, and no others."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from operator import getitem
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter, ValidationError
from tests.unit.web.document_places import OPERATIONS, address, body_of, leaves, parameters_of, with_value

from cpc.kernel.errors import Invalid
from livehouse.channel.contract import ChannelId
from livehouse.web.app import create_app
from livehouse.web.options import WebOptions
from livehouse.web.rest.shapes import Moment
from livehouse.web.use_cases import UseCases

NOTHING: UseCases = object.__new__(UseCases)  # whatever asked one would fail
WRONG: dict[str, tuple[Any, ...]] = {
    "string": (5, True, 1.5),
    "integer": ("5", True, 1.5),
    "number": ("5", True),
    "boolean": ("yes", "off", "true", 1, 0),
}
DATES = (1767225600, "1767225600", "-1767225600", True)


@pytest.fixture(scope="module")
def door() -> httpx.ASGITransport:
    options = replace(WebOptions(), registry=CollectorRegistry(), request_burst=1e6, requests_per_second=1e6)
    return httpx.ASGITransport(create_app(NOTHING, options))


async def refused_fields(door: httpx.ASGITransport, method: str, url: str, body: Any) -> dict[str, str]:
    async with httpx.AsyncClient(transport=door, base_url="http://live.example") as visitor:
        answer = await visitor.request(method, url, json=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request"), body
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


async def test_what_is_wrong_with_a_field_is_told_in_our_own_words(door: httpx.ASGITransport) -> None:
    url = "/api/v1/accounts"
    assert await refused_fields(door, "post", url, {"name": 5, "passwort": "x"}) == {
        "body.name": "Send text.",
        "body.password": "This is missing.",
        "body.passwort": "There is no such field.",
    }
    assert await refused_fields(door, "post", url, []) == {
        "body": "Send a JSON object, as `application/json`."
    }
    too_long = {"name": "x" * 10_000, "password": "correct horse battery"}
    assert (await refused_fields(door, "post", url, too_long))["body.name"].startswith("Send at most ")
    async with httpx.AsyncClient(transport=door, base_url="http://live.example") as visitor:
        answer = await visitor.post(url, content=b"{", headers={"Content-Type": "application/json"})
        assert answer.json()["detail"] == "body: This is no JSON."
        assert (answer.json()["title"], answer.status_code) == ("Invalid request", 400)
        answer = await visitor.get("/api/v1/channels", params={"limit": "many"})
        assert answer.json()["errors"] == [{"field": "query.limit", "message": "Send a whole number."}]


def test_an_id_of_another_kind_is_refused_without_names_of_classes() -> None:
    with pytest.raises(Invalid) as refused:
        ChannelId.parse("pay_x")
    assert refused.value.detail == "'pay_x' is no id of this kind: those are chn_ and 32 hexadecimal digits."


@pytest.mark.parametrize("name", [name for name, (_, _, one) in OPERATIONS.items() if body_of(one)[0]])
async def test_values_of_other_types_are_refused(name: str, door: httpx.ASGITransport) -> None:
    path, method, operation = OPERATIONS[name]
    schema, example = body_of(operation)
    url = address(path, parameters_of(operation))
    for place, kind, form in leaves(schema):
        for wrong in DATES if form.startswith("date") else WRONG[kind]:
            body = with_value(copy.deepcopy(example), place, wrong)
            fields = await refused_fields(door, method, url, body)
            assert any(place[0] in field.split(".") for field in fields), (place, wrong, fields)


def integers(name: str) -> list[tuple[Any, ...]]:
    schema, _ = body_of(OPERATIONS[name][2])
    return [] if schema is None else [place for place, kind, _ in leaves(schema) if kind == "integer"]


WITH_INTEGERS = [name for name in OPERATIONS if integers(name)]


def test_the_operations_with_integers_are_found() -> None:
    assert {"post /api/v1/channels/{name}/tiers", "post /api/v1/channels/{name}/schedule"} <= set(
        WITH_INTEGERS
    )


@pytest.mark.parametrize("name", WITH_INTEGERS)
async def test_an_integer_may_be_written_with_an_empty_fraction(name: str, door: httpx.ASGITransport) -> None:
    path, method, operation = OPERATIONS[name]
    _, example = body_of(operation)
    url = address(path, parameters_of(operation))
    for place in integers(name):
        whole = 30.0
        with suppress(KeyError, IndexError, TypeError):
            whole = float(reduce(getitem, place, example))
        body = {**with_value(copy.deepcopy(example), place, whole), "surplus": 1}
        fields = await refused_fields(door, method, url, body)
        # A field of one kind of a benefit is none of the others.
        told = {message for field, message in fields.items() if field.endswith(str(place[-1]))}
        assert told <= {"There is no such field."}, (place, fields)
        assert "body.surplus" in fields
        body = {**with_value(copy.deepcopy(example), place, 30.5), "surplus": 1}
        fields = await refused_fields(door, method, url, body)
        assert any(place[0] in field.split(".") for field in fields), (place, fields)


async def test_values_of_benefits_are_of_their_types(door: httpx.ASGITransport) -> None:
    price = {"amount": 499, "currency": "EUR"}
    for field, benefit in (
        ("emote_slots.slots", {"kind": "emote_slots", "slots": True}),
        ("emote_slots.slots", {"kind": "emote_slots", "slots": "5"}),
        ("emote_slots.slots", {"kind": "emote_slots", "slots": 5.5}),
        ("badge.months.0", {"kind": "badge", "months": ["1"]}),
        ("badge.months.1", {"kind": "badge", "months": [1.0, 1.5]}),
        ("custom.text", {"kind": "custom", "text": 5}),
    ):
        body = {"name": "Gold", "price": price, "benefits": [benefit]}
        fields = await refused_fields(door, "POST", "/api/v1/channels/ada/tiers", body)
        assert set(fields) == {f"body.benefits.0.{field}"}


def test_a_time_is_what_rfc_3339_writes() -> None:
    taken = TypeAdapter(Moment).validate_python("2026-01-31T22:00:00+02:00")
    assert (taken, taken.tzinfo) == (datetime(2026, 1, 31, 20, tzinfo=UTC), UTC)
    for wrong in ("2026-01-31T22:00:00", "1767225600", 1767225600, "tomorrow"):
        with pytest.raises(ValidationError):
            TypeAdapter(Moment).validate_python(wrong)
