"""A route that is called straight answers as FastAPI would have it answer."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Response
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient

from cpc.kernel.errors import NotFound
from livehouse.web.app import ROUTERS
from livehouse.web.dependencies import ClientAddress
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import install_problem_handlers
from livehouse.web.rest.shapes import Rfc3339, Shape
from livehouse.web.route_table import RouteTable

IfNoneMatch = Annotated[str | None, Header()]


class Thing(Shape):
    name: str
    seen_at: Rfc3339 | None = None


async def somebody() -> str:
    return "somebody"


def door(route_class: type[APIRoute]) -> FastAPI:
    """With its routes taken as they are, not as FastAPI would wrap them."""
    router, app = APIRouter(prefix="/api", route_class=route_class), FastAPI()

    @router.get("/things/{name}")
    async def get_thing(name: str, address: ClientAddress, if_none_match: IfNoneMatch = None) -> Thing:
        if name == "none":
            raise NotFound("no-such-thing", "There is no such thing.")
        return Thing(name=f"{name} {address} {if_none_match}", seen_at="2026-03-01T12:00:00+02:00")

    @router.get("/things/{name}/raw", response_model=Thing)
    async def get_raw(name: str) -> Response:
        return Response(name.encode(), 203, {"X-Of": "it"}, "text/plain")

    @router.get("/long/{name}")
    async def get_long(name: Annotated[str, Path(min_length=3)]) -> Thing:
        return Thing(name=name)

    @router.get("/numbers/{number}")
    async def get_number(number: int) -> Thing:
        return Thing(name=str(number + 1))

    @router.get("/asked")
    async def get_asked(limit: Annotated[int, Query(le=9)] = 3) -> Thing:
        return Thing(name=str(limit))

    @router.get("/dependent")
    async def get_dependent(who: Annotated[str, Depends(somebody)]) -> Thing:
        return Thing(name=who)

    @router.get("/nothing", status_code=204)
    async def get_nothing() -> None: ...

    @router.get("/many")
    async def get_many() -> list[Thing]:
        return [Thing(name="one")]

    install_problem_handlers(app)
    app.include_router(router)
    app.router.middleware_stack = RouteTable([router], app.router.app)
    return app


@pytest.mark.parametrize(
    "path",
    [
        *("/api/things/ada", "/api/things/a%20b%C3%A9", "/api/things/none", "/api/things/ada/raw"),
        *("/api/long/ab", "/api/long/abc", "/api/numbers/4", "/api/numbers/x", "/api/asked?limit=10"),
        *("/api/dependent", "/api/nothing", "/api/many"),
    ],
)
async def test_the_answer_is_the_same(path: str) -> None:
    answers = []
    for route_class in (APIRoute, PlainRoute):
        async with AsyncClient(transport=ASGITransport(door(route_class)), base_url="http://door") as client:
            answer = await client.get(path, headers={"If-None-Match": '"3"'})
        answers.append((answer.status_code, sorted(answer.headers.items()), answer.content))
    assert answers[0] == answers[1]


def test_the_most_asked_routes_are_plain() -> None:
    """Their `app` is then ours and not FastAPI's."""
    plain = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, PlainRoute) and route.app.__module__ == PlainRoute.__module__
    }
    assert {
        "/api/v1/channels/{name}",
        "/api/v1/channels/{name}/relationship",
        "/api/v1/server",
    } <= plain
