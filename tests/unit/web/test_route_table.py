"""A request goes to the route that FastAPI itself would have taken."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Response
from httpx import ASGITransport, AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import Match, Route

from livehouse.web.app import ROUTERS, build_routes
from livehouse.web.options import WebOptions
from livehouse.web.route_table import RouteTable

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]
SEGMENTS = sorted({segment for route in ROUTES for segment in route.path_format.split("/")})


def of_fastapi(scope: dict[str, Any]) -> tuple[Route, Any] | None:
    for route in ROUTES:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return route, found["path_params"]
    return None


@settings(max_examples=300)
@given(
    path=st.one_of(
        st.sampled_from(ROUTES).map(lambda route: route.path_format),
        st.lists(st.sampled_from([*SEGMENTS, "ada", "%2F", "é"]), max_size=8).map(
            lambda segments: "/" + "/".join(segments)
        ),
        st.text(max_size=40).map(lambda text: f"/{text}"),
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]),
)
async def test_the_table_takes_what_asking_one_after_the_other_takes(path: str, method: str) -> None:
    scope = {"type": "http", "path": path, "root_path": "", "method": method}
    taken: list[tuple[Route, Any]] = []

    async def nobody(scope: Any, receive: Any, send: Any) -> None: ...

    table = RouteTable(ROUTERS, nobody)
    for _, route in table._candidates(path):
        match, found = route.matches(scope)
        if match is Match.FULL:
            taken.append((route, found["path_params"]))
            break
    assert (taken[0] if taken else None) == of_fastapi(scope)


async def test_the_first_declared_wins_and_what_nobody_takes_goes_on() -> None:
    router, app = APIRouter(), FastAPI()

    @router.get("/a/{name}")
    async def one(name: str) -> Response:
        return Response(f"one {name}")

    @router.get("/a/b")
    async def two() -> Response:
        return Response("two")

    app.include_router(router)
    app.router.middleware_stack = RouteTable([router], app.router.app)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://door") as client:
        assert (await client.get("/a/b")).text == "one b"
        assert (await client.get("/a/")).status_code == 404
        assert (await client.post("/a/b")).status_code == 405
        assert (await client.get("/openapi.json")).status_code == 200, "not of these routers"


def test_the_door_uses_it() -> None:
    assert isinstance(build_routes(WebOptions()).router.middleware_stack, RouteTable)
