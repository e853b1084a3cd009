"""RFC 9457 problem details: what every error of the HTTP door looks like."""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cpc.kernel import errors
from livehouse.access.contract import Suspended
from livehouse.web.problem_types import PROBLEM_TYPES, status_of
from livehouse.web.refused_fields import field_of, sentence_of
from livehouse.web.rest.shapes import SuspensionShape

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

_SLUGS = {
    400: ("invalid-request", "The body could not be read. Send JSON in UTF-8."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take that method."),
    408: ("too-slow", "The body of the request did not come in time. Send it again."),
    413: ("too-large", "The request is larger than this server takes."),
}


class FieldError(BaseModel):
    field: Annotated[str, Field(examples=["body.name"])]
    message: Annotated[str, Field(examples=["This is missing."])]


class Problem(BaseModel):
    """What went wrong (RFC 9457). `type` is stable; programs decide by it, people read `detail`."""

    type: Annotated[str, Field(examples=["/problems/name-taken"])]
    title: Annotated[str, Field(examples=["Name taken"])]
    status: Annotated[int, Field(examples=[409])]
    detail: Annotated[str, Field(examples=["The name 'ada' is taken. Choose another one."])]
    instance: Annotated[str, Field(description="The path asked for", examples=["/api/v1/accounts"])]
    errors: Annotated[list[FieldError] | None, Field(description="The fields that are not valid")] = None
    retry_after_s: Annotated[float | None, Field(description="How long to wait before the next try")] = None
    suspension: Annotated[
        SuspensionShape | None, Field(description="Why and until when, for those it concerns")
    ] = None
    incident: Annotated[str | None, Field(description="Finds the log entry of an unexpected error")] = None


PROBLEM_SLUGS = "x-problem-types"
"""In an operation of the OpenAPI document: the slugs of the problems that it can answer."""


def may_answer(*slugs: str) -> dict[str, Any]:
    """For `openapi_extra` of a route: the problems of its own. Those that any such request can meet, such as
    no login, a malformed body or too many requests, are in the document already."""
    return {PROBLEM_SLUGS: sorted(PROBLEM_TYPES[slug].slug for slug in slugs)}


def problem(
    status: int,
    slug: str,
    detail: str,
    instance: str,
    *,
    headers: Mapping[str, str] | None = None,
    **extras: object,
) -> Response:
    kind = PROBLEM_TYPES.get(slug)
    body = {
        "type": f"/problems/{slug}",
        "title": HTTPStatus(status).phrase if kind is None else kind.title,
        "status": status,
        "detail": detail,
        "instance": instance,
        **extras,
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def domain_problem(error: errors.DomainError, instance: str, query: str = "") -> Response:
    """The problem for an error of the domain. Doors with their own rules may call it too.

    instance: the path asked for; query: what came behind it.
    """
    status = status_of(type(error))
    headers: dict[str, str] = {}
    extras: dict[str, object] = {}
    if isinstance(error, errors.Moved):
        path = _moved(instance, error)
        if path is None:
            status = HTTPStatus.NOT_FOUND
        else:
            headers["Location"] = f"{path}?{query}" if query else path
    if isinstance(error, errors.RateLimited | errors.Unavailable):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
        extras["retry_after_s"] = round(error.retry_after_s, 3)
    if isinstance(error, Suspended):
        why = SuspensionShape.of(error.suspension)
        if why is not None:
            extras["suspension"] = why.model_dump(mode="json")
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="livehouse"'
    return problem(status, error.slug, error.detail, instance, headers=headers, **extras)


def _moved(path: str, error: errors.Moved) -> str | None:
    """The same address under the new name; None where the name stands elsewhere in the request."""
    segments = path.split("/")
    for place, segment in enumerate(segments):
        if segment.lower() == error.asked_for.lower():
            return "/".join([*segments[:place], error.now_called, *segments[place + 1 :]])
    return None


def install_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(errors.DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected_error)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.DomainError)
    return domain_problem(error, request.url.path, request.url.query)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if _is_unread(request, error):
        return _unsupported(request)
    found = [{"field": field_of(one)[:200], "message": sentence_of(one)[:300]} for one in error.errors()[:20]]
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in found[:3])
    return problem(400, "invalid-request", detail, request.url.path, errors=found)


def _is_unread(request: Request, error: RequestValidationError) -> bool:
    """Whether a body came that nobody tried to read, for it does not say that it is JSON."""
    unread = any(one["loc"] == ("body",) and one["type"] != "missing" for one in error.errors())
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = re.fullmatch(r"application/(?:[^/]+\+)?json", media_type) is not None
    return unread and not is_json


def _unsupported(request: Request) -> Response:
    """RFC 9110 section 15.5.16: a header says what would have been taken."""
    header = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(request.method, "Accept")
    detail = "Send application/json, and say so in the header Content-Type."
    return problem(
        415, "unsupported-media-type", detail, request.url.path, headers={header: "application/json"}
    )


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return http_problem(error, request.url.path)


def http_problem(error: HTTPException, instance: str) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    slug, detail = _SLUGS.get(error.status_code, (phrase.lower().replace(" ", "-"), str(error.detail)))
    return problem(error.status_code, slug, detail, instance, headers=error.headers)


async def _on_unexpected_error(request: Request, error: Exception) -> Response:
    incident = secrets.token_hex(8)
    route = request.scope.get("route")
    log.error(
        "unexpected error",
        incident=incident,
        method=request.method,
        route=getattr(route, "path", None),
        exc_info=error,
    )
    return problem(
        500,
        "unexpected",
        f"Something unexpected happened on our side. It was recorded as {incident}.",
        request.url.path,
        incident=incident,
    )
