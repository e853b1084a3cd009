"""Routes that only read, with few and simple arguments, are called straight.

FastAPI solves the dependencies of each request anew, which takes longer than what most of these routes do.
What it knows of them, and the OpenAPI document, stay as they are declared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isclass
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo
from starlette.types import Receive, Scope, Send

from livehouse.web.authentication import authenticate, current_actor
from livehouse.web.dependencies import client_address, current_options, current_use_cases
from livehouse.web.rest.shapes import Shape

_KNOWN: frozenset[Callable[..., Any]] = frozenset(
    {authenticate, current_actor, client_address, current_options, current_use_cases}
)


class PlainRoute(APIRoute):
    """`route_class` of every router; where an argument asks for more than is known here, FastAPI does all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (
            self.methods == {"GET"}
            and self.status_code in {None, 200}
            and _is_plain(self.dependant)
            and _answers_whole(self.endpoint)
        ):
            self.app = _plain(self)


def _answers_whole(endpoint: Callable[..., Any]) -> bool:
    """Whether what it returns is an answer, or becomes one as it is."""
    answer = get_type_hints(endpoint).get("return")
    return isclass(answer) and issubclass(answer, (Shape, Response))


def _is_plain(dependant: Dependant) -> bool:
    """Whether all arguments are free text or what is known here."""
    return not (
        dependant.query_params
        or dependant.body_params
        or dependant.cookie_params
        or dependant.websocket_param_name
        or dependant.http_connection_param_name
        or dependant.response_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
    ) and (
        all(_is_free(each.field_info, str) for each in dependant.path_params)
        and all(_is_free(each.field_info, str | None) for each in dependant.header_params)
        and all(each.call in _KNOWN and each.name is not None for each in dependant.dependencies)
    )


def _is_free(field: FieldInfo, annotation: object) -> bool:
    """Whether any text will do."""
    return field.annotation == annotation and not field.metadata


def _plain(route: APIRoute) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    dependant, endpoint = route.dependant, route.endpoint
    path_names = [each.name for each in dependant.path_params]
    header_names = [(each.name, each.alias) for each in dependant.header_params]
    asked = [(str(each.name), _asking(each.call)) for each in dependant.dependencies]
    request_name = dependant.request_param_name

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        values: dict[str, Any] = {name: scope["path_params"][name] for name in path_names}
        for name, ask in asked:
            values[name] = await ask(request)
        for name, alias in header_names:
            values[name] = request.headers.get(alias)
        if request_name is not None:
            values[request_name] = request
        found = await endpoint(**values)
        if isinstance(found, Shape):
            found = Response(found.model_dump_json(by_alias=True), media_type="application/json")
        await found(scope, receive, send)

    return answer


def _asking(call: Callable[..., Any] | None) -> Callable[[Request], Awaitable[Any]]:
    if call is current_actor:
        return _actor
    assert call is not None
    return call


async def _actor(request: Request) -> Any:
    return (await authenticate(request)).actor
