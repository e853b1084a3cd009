"""The OpenAPI document cut into what the page of the API shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from livehouse.web.problem_types import PROBLEM_TYPES, ProblemType
from livehouse.web.problems import PROBLEM_SLUGS

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """where: path, query, header or body."""

    name: str
    where: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """example: pretty JSON, or empty."""

    status: str
    description: str
    media_types: str
    example: str


@dataclass(frozen=True, slots=True)
class OperationView:
    id: str
    method: str
    path: str
    summary: str
    description: str
    needs_login: bool
    fields: tuple[FieldRow, ...]
    body_example: str
    curl: str
    answers: tuple[AnswerRow, ...]
    problems: tuple[ProblemType, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    name: str
    description: str
    operations: tuple[OperationView, ...]


def sections(document: Json) -> list[SectionView]:
    """By tag, in the order of the document."""
    found: dict[str, list[OperationView]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(_operation(document, method, path, operation))
    descriptions = {tag["name"]: tag["description"] for tag in document["tags"]}
    return [SectionView(name, descriptions[name], tuple(each)) for name, each in found.items() if each]


def _operation(document: Json, method: str, path: str, operation: Json) -> OperationView:
    parameters = [_resolved(document, one) for one in operation.get("parameters", [])]
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {})
    example = json.dumps(body["example"], indent=2, ensure_ascii=False) if body else ""
    needs_login = operation.get("security") != []
    return OperationView(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        needs_login=needs_login,
        fields=(
            *(_parameter(document, one) for one in parameters),
            *_body_fields(document, body.get("schema", {})),
        ),
        body_example=example,
        curl=_curl(method, path, parameters, list(content), body.get("example"), needs_login=needs_login),
        answers=tuple(
            _answer(status, _resolved(document, one))
            for status, one in operation["responses"].items()
            if int(status) < 400
        ),
        problems=tuple(PROBLEM_TYPES[slug] for slug in operation[PROBLEM_SLUGS]),
    )


def _parameter(document: Json, parameter: Json) -> FieldRow:
    return FieldRow(
        parameter["name"],
        parameter["in"],
        _kind(document, parameter["schema"]),
        parameter.get("required", False),
        parameter.get("description", ""),
    )


def _body_fields(document: Json, schema: Json) -> list[FieldRow]:
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    form = _resolved(document, choices[0]) if choices else {}
    required = set(form.get("required", []))
    return [
        FieldRow(name, "body", _kind(document, field), name in required, field.get("description", ""))
        for name, field in form.get("properties", {}).items()
    ]


def _kind(document: Json, schema: Json) -> str:
    """`string`, `integer or null`, `list of string`, `one of "a", "b"`, …"""
    if "$ref" in schema:
        return _kind(document, _resolved(document, schema))
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(value) for value in schema["enum"])
    for either in ("anyOf", "oneOf"):
        if either in schema:
            return " or ".join(dict.fromkeys(_kind(document, one) for one in schema[either]))
    if "const" in schema:
        return json.dumps(schema["const"])
    kind: str = schema.get("type", "any")
    if kind == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _answer(status: str, response: Json) -> AnswerRow:
    content: Json = response.get("content", {})
    example = content.get("application/json", {}).get("example")
    return AnswerRow(
        status,
        response["description"],
        ", ".join(content),
        "" if example is None else json.dumps(example, indent=2, ensure_ascii=False),
    )


def _curl(
    method: str, path: str, parameters: list[Json], media_types: list[str], example: Any, *, needs_login: bool
) -> str:
    for parameter in parameters:
        if parameter["in"] == "path":
            value = str(parameter.get("example", f"<{parameter['name']}>"))
            path = path.replace(f"{{{parameter['name']}}}", quote(value, safe="<>"))
    lines = [f"curl -X {method.upper()} https://live.example{path}"]
    if needs_login:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if example is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append("-d '" + json.dumps(example, ensure_ascii=False).replace("'", "'\\''") + "'")
    elif media_types:
        lines.append(f"-H 'Content-Type: {media_types[0]}' --data-binary @file")
    return " \\\n  ".join(lines)


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: Json = found
    return resolved
