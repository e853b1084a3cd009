"""Where the OpenAPI document takes text and dates, and requests that put something there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livehouse.web.app import build_routes
from livehouse.web.options import WebOptions

Json = Any
DOCUMENT: Json = build_routes(WebOptions()).openapi()
OPERATIONS = {
    f"{method} {path}": (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def resolved(part: Json) -> Json:
    while "$ref" in part:
        found: Json = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def body_of(operation: Json) -> tuple[Json, Json]:
    """Schema and example; None without a body in JSON."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return (None, None) if content is None else (content["schema"], content["example"])


def texts(schema: Json) -> Iterator[tuple[tuple[Json, ...], str]]:
    """Where a value of that schema holds text, and its format."""
    return ((place, form) for place, kind, form in leaves(schema) if kind == "string")


def leaves(schema: Json, place: tuple[Json, ...] = ()) -> Iterator[tuple[tuple[Json, ...], str, str]]:
    """Where a value of that schema holds what is no object, array or null: its type and format."""
    schema = resolved(schema)
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from leaves(choice, place)
    for name, field in schema.get("properties", {}).items():
        yield from leaves(field, (*place, name))
    if "items" in schema:
        yield from leaves(schema["items"], (*place, 0))
    if schema.get("type") in {"string", "integer", "number", "boolean"}:
        yield place, schema["type"], schema.get("format", "")


def with_value(example: Json, place: tuple[Json, ...], value: Json) -> Json:
    """The example with that value there; what is missing on the way is made."""
    if not place:
        return value
    first, *rest = place
    if first == 0:
        inner = example[0] if isinstance(example, list) and example else None
        return [with_value(inner, tuple(rest), value)]
    made = dict(example) if isinstance(example, dict) else {}
    made[first] = with_value(made.get(first), tuple(rest), value)
    return made


def address(path: str, parameters: list[Json], **values: str) -> str:
    """Path parameters that are not given name ada and what is hers, or stand for nothing."""
    for parameter in parameters:
        if parameter["in"] == "path":
            name = parameter["name"]
            path = path.replace(f"{{{name}}}", values.get(name, "ada"))
    return path


def parameters_of(operation: Json) -> list[Json]:
    return [resolved(parameter) for parameter in operation.get("parameters", ())]
