"""What FastAPI cannot know of the OpenAPI document: sign-in, problems, headers, examples of bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from livehouse.accounts.contract import LOGIN_SESSION_COOKIE
from livehouse.web.authentication import authenticate
from livehouse.web.openapi_examples import example_of
from livehouse.web.openapi_texts import DESCRIPTION, HEADERS, IDEMPOTENCY_KEY, TAGS, path_parameter
from livehouse.web.problem_types import PROBLEM_TYPES
from livehouse.web.problems import MEDIA_TYPE, PROBLEM_SLUGS, Problem

_SAFE_METHODS = frozenset({"get", "head"})
_ALWAYS = ("invalid-request", "too-many-requests", "unexpected", "database-away", "database-busy")
_WITH_BODY = ("too-slow", "too-large", "unsupported-media-type")
_WITH_LOGIN = (
    *("unknown-authorization", "invalid-token", "sign-in-required", "not-allowed", "scope-missing"),
    *("login-required", "mail-not-confirmed", "account-suspended", "channel-suspended"),
)
_CHANGING = ("csrf-token-missing", "csrf-token-wrong")
_DONE = {"200": "As asked", "201": "Made", "202": "Taken; the rest follows", "204": "Done, nothing to say"}
_WITH_KEY = (*("malformed-idempotency-key", "idempotency-key-reused", "request-in-progress", "made-already"),)
_OF_CHANNEL = ("no-such-channel", "channel-renamed")
_BY_PARAMETER = {"cursor": "malformed-cursor", "if-match": "malformed-if-match"}

Json = dict[str, Any]


def complete_openapi(document: Json, routers: Sequence[APIRouter]) -> Json:
    """The same document, completed in place."""
    document["info"]["description"] = DESCRIPTION
    document["servers"] = [{"url": "/"}]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["headers"] = HEADERS
    components["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY}
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token of `/session`, or a personal one of `/account/access-tokens`",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": LOGIN_SESSION_COOKIE,
            "description": "Set by signing in; unsafe methods also need the header `X-CSRF-Token`",
        },
    }
    document["security"] = [{}, {"bearer": []}, {"cookie": []}]
    shared = {_shared_name(status, slugs): _refusal(status, slugs) for status, slugs in _SHARED}
    components["responses"] = shared
    used: set[str] = set()
    for route, method in _operations(routers):
        operation = document["paths"][route.path_format][method]
        _complete(operation, route, method, schemas)
        used |= set(operation[PROBLEM_SLUGS])
    components["examples"] = {slug: {"value": _problem(slug)} for slug in sorted(used)}
    tags = {
        tag for path in document["paths"].values() for operation in path.values() for tag in operation["tags"]
    }
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in tags]
    return document


def _operations(routers: Sequence[APIRouter]) -> Iterator[tuple[APIRoute, str]]:
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in sorted(route.methods or ()):
                    yield route, method.lower()


def _complete(operation: Json, route: APIRoute, method: str, schemas: Json) -> None:
    parameters: list[Json] = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "path":
            for key, text in path_parameter(route.path_format, parameter["name"]).items():
                parameter.setdefault(key, text)
    names = {parameter["name"].lower() for parameter in parameters}
    if method == "post":
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    needs_login = _asks_who(route.dependant)
    slugs = {
        *operation.get(PROBLEM_SLUGS, ()),
        *_ALWAYS,
        *(_WITH_KEY if method == "post" else ()),
        *(_WITH_BODY if "requestBody" in operation else ()),
        *(_WITH_LOGIN if needs_login else ()),
        *(_CHANGING if needs_login and method not in _SAFE_METHODS else ()),
        *(slug for name, slug in _BY_PARAMETER.items() if name in names),
        *(_OF_CHANNEL if "/channels/{name}" in route.path_format else ()),
        *(("malformed-id",) if "_id}" in route.path_format else ()),
    }
    if not needs_login:
        operation["security"] = []
    if not parameters:
        del operation["parameters"]
    operation[PROBLEM_SLUGS] = sorted(slugs)
    responses = operation["responses"]
    for unnamed in ("default", "422"):
        responses.pop(unnamed, None)
    for status, response in responses.items():
        if response["description"] == "Successful Response":
            response["description"] = _DONE.get(status, "Done")
        response.setdefault("headers", {}).update(_headers(status, names))
        _add_examples(response.get("content", {}), schemas)
    for status, some in _by_status(slugs).items():
        if (status, some) in _SHARED:
            responses[str(status)] = {"$ref": f"#/components/responses/{_shared_name(status, some)}"}
        else:
            responses[str(status)] = _refusal(status, some)
    _add_examples(operation.get("requestBody", {}).get("content", {}), schemas)


def _asks_who(dependant: Dependant) -> bool:
    return dependant.call is authenticate or any(map(_asks_who, dependant.dependencies))


def _by_status(slugs: Iterable[str]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for slug in sorted(slugs):
        for status in PROBLEM_TYPES[slug].statuses:
            found.setdefault(status, []).append(slug)
    return {status: tuple(found[status]) for status in sorted(found)}


# What so many operations answer that the document says it once.
_SHARED = {
    pair
    for slugs in (
        (*_ALWAYS, *_WITH_BODY, *_WITH_LOGIN),
        (*_WITH_LOGIN, *_CHANGING),
        _OF_CHANNEL[1:],
    )
    for pair in _by_status(slugs).items()
}


def _shared_name(status: int, slugs: tuple[str, ...]) -> str:
    return f"Problem{status}OnChange" if set(slugs) & set(_CHANGING) else f"Problem{status}"


def _refusal(status: int, slugs: tuple[str, ...]) -> Json:
    names = ["RateLimit", "RateLimit-Policy"]
    if status in (429, 503):
        names.append("Retry-After")
    if status == 401:
        names.append("WWW-Authenticate")
    if status == 308:
        names.append("Location")
    return {
        "description": ", ".join(f"`{slug}`" for slug in slugs),
        "headers": _references(names),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {slug: {"$ref": f"#/components/examples/{slug}"} for slug in slugs},
            }
        },
    }


def _headers(status: str, parameters: set[str]) -> Json:
    names = ["RateLimit", "RateLimit-Policy"]
    if status == "201":
        names.append("Location")
    if parameters & {"if-none-match", "if-match"}:
        names.append("ETag")
    if "cursor" in parameters:
        names.append("Link")
    return _references(names)


def _references(names: list[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _add_examples(content: Json, schemas: Json) -> None:
    for media_type, form in content.items():
        if (
            media_type == "application/json"
            and form.get("schema")
            and not form.keys() & {"example", "examples"}
        ):
            form["example"] = example_of(form["schema"], schemas)


def _problem(slug: str) -> Json:
    kind = PROBLEM_TYPES[slug]
    return {
        "type": f"/problems/{slug}",
        "title": kind.title,
        "status": kind.statuses[0],
        "detail": f"{kind.meaning} {kind.remedy}",
        "instance": "/api/v1/…",
    }
