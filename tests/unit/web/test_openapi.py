"""The OpenAPI document says of every operation what it takes, what it answers and what can go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from livehouse.web.app import ROUTERS, build_routes
from livehouse.web.openapi_examples import example_of
from livehouse.web.options import WebOptions
from livehouse.web.problem_types import PROBLEM_TYPES

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT: dict[str, Any] = build_routes(WebOptions()).openapi()
OPERATIONS = {
    f"{method} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    found: Any = DOCUMENT
    if "$ref" not in part:
        return part
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"].endswith((".", "?"))
    for parameter in map(resolved, operation.get("parameters", [])):
        assert parameter.get("description"), parameter["name"]
    assert {"default", "422"} & set(operation["responses"]) <= {"422"}
    described = {tag["name"] for tag in DOCUMENT["tags"]}
    assert set(operation["tags"]) <= described, "say in openapi_texts.TAGS what the tag is for"


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_lists_its_problems(name: str) -> None:
    operation = OPERATIONS[name]
    listed = set(operation["x-problem-types"])
    assert {"too-many-requests", "unexpected"} <= listed <= set(PROBLEM_TYPES)
    refusals = {int(status): one for status, one in operation["responses"].items() if int(status) > 304}
    assert set(refusals) == {status for slug in listed for status in PROBLEM_TYPES[slug].statuses}
    for status, refusal in refusals.items():
        (form,) = resolved(refusal)["content"].values()
        assert set(form["examples"]) == {s for s in listed if status in PROBLEM_TYPES[s].statuses}
        for example in map(resolved, form["examples"].values()):
            assert status in PROBLEM_TYPES[example["value"]["type"].removeprefix("/problems/")].statuses


@pytest.mark.parametrize("name", [name for name, one in OPERATIONS.items() if "requestBody" in one])
def test_a_body_has_an_example_that_is_taken(name: str) -> None:
    content = OPERATIONS[name]["requestBody"]["content"]
    if "application/json" not in content:
        return
    example = content["application/json"]["example"]
    assert "…" not in example.values(), "give the fields of the body examples"
    method, path = name.split(" ")
    (route,) = [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path_format == path and method.upper() in route.methods
    ]
    assert route.body_field is not None
    TypeAdapter(route.body_field.field_info.annotation).validate_python(example)


def test_answers_have_examples() -> None:
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for media_type, form in response.get("content", {}).items():
                    assert media_type != "application/json" or "example" in form, name


def test_every_reference_leads_somewhere() -> None:
    for reference in set(references(DOCUMENT)):
        assert resolved({"$ref": reference}), reference


def test_what_needs_no_login_says_so() -> None:
    assert OPERATIONS["post /api/v1/password-resets"]["security"] == []
    assert "sign-in-required" not in OPERATIONS["post /api/v1/password-resets"]["x-problem-types"]
    assert "security" not in OPERATIONS["patch /api/v1/account"]
    assert "csrf-token-wrong" in OPERATIONS["patch /api/v1/account"]["x-problem-types"]
    assert "csrf-token-wrong" not in OPERATIONS["get /api/v1/account"]["x-problem-types"]


def test_whatever_makes_something_says_where_it_is() -> None:
    """RFC 9110 section 15.3.2. That it is sent too, the tests of `tests/integration/web` see of each 201."""
    making = {name: one["responses"]["201"] for name, one in OPERATIONS.items() if "201" in one["responses"]}
    assert "post /api/v1/channels/{name}/schedule" in making
    for name, answer in making.items():
        assert "Location" in answer["headers"], name


def test_secrets_are_marked_so_that_their_answers_are_not_kept() -> None:
    named = {"csrf_token", "access_token", "stream_key", "token"}
    for schema_name, schema in DOCUMENT["components"]["schemas"].items():
        for field, form in schema.get("properties", {}).items():
            is_sent = "additionalProperties" not in schema  # bodies that we take forbid others
            if field in named and is_sent:
                assert form.get("format") == "password", f"{schema_name}.{field}: json_schema_extra=SECRET"


def test_the_committed_document_is_the_present_one() -> None:
    """The page's types are made of it: `python -m livehouse.web.openapi frontend/openapi.json`, then
    `npm --prefix frontend run schema`."""
    committed = json.loads((ROOT / "frontend/openapi.json").read_text())
    assert committed == DOCUMENT


def test_an_example_is_made_of_the_fields() -> None:
    schemas = {
        "Tree": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "examples": ["oak"]},
                "kind": {"anyOf": [{"enum": ["broad", "needle"]}, {"type": "null"}]},
                "rings": {"type": "integer", "minimum": 3.0},
                "felled": {"type": "boolean"},
                "planted_at": {"type": "string", "format": "date-time"},
                "leaves": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}},
                "limit": {"type": "integer", "default": 24},
            },
        },
        "Leaf": {"type": "object", "properties": {"form": {"const": "lobed"}, "area": {"type": "number"}}},
        "Endless": {"type": "object", "properties": {"more": {"$ref": "#/components/schemas/Endless"}}},
    }
    assert example_of({"$ref": "#/components/schemas/Tree"}, schemas) == {
        "name": "oak",
        "kind": "broad",
        "rings": 3,
        "felled": False,
        "planted_at": "2026-01-31T20:00:00Z",
        "leaves": [{"form": "lobed", "area": 0.5}],
        "limit": 24,
    }
    assert example_of({"$ref": "#/components/schemas/Endless"}, schemas)["more"], "comes to an end"
