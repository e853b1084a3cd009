"""Which route a request is for, found by the shape of its path.

FastAPI tries one route after the other; with more than a hundred that is most of the time of a short request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from livehouse.web.problems import http_problem
from livehouse.web.response_headers import HeadByGet


@dataclass(slots=True)
class _Place:
    """below: by the next segment of the path; None: by any. routes: those that end here, with their turn."""

    below: dict[str | None, _Place] = field(default_factory=dict)
    routes: list[tuple[int, Route]] = field(default_factory=list)


class RouteTable:
    """ASGI. Of several routes that match, the one that was declared first is taken, as FastAPI does.

    A method that none of them takes is answered 405 with those that any takes (RFC 9110 section 15.5.6).
    What is no path of theirs (one of the page, a socket) goes to `otherwise`.
    """

    def __init__(self, routers: Iterable[APIRouter], otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._top = _Place()
        routes = [route for router in routers for route in router.routes if isinstance(route, Route)]
        for turn, route in enumerate(routes):
            place = self._top
            for segment in route.path_format.split("/"):
                place = place.below.setdefault(None if "{" in segment else segment, _Place())
            place.routes.append((turn, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            methods: set[str] = set()
            for _, route in self._candidates(scope["path"]):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
                if match is Match.PARTIAL:
                    methods |= route.methods or set()
            if methods:
                await _refused(scope["path"], methods)(scope, receive, send)
                return
        await self._otherwise(scope, receive, send)

    def _candidates(self, path: str) -> list[tuple[int, Route]]:
        places = [self._top]
        for segment in path.split("/"):
            places = [
                below
                for place in places
                for below in (place.below.get(segment), place.below.get(None))
                if below is not None
            ]
        routes = [route for place in places for route in place.routes]
        if len(routes) > 1:
            routes.sort(key=lambda pair: pair[0])
        return routes


def _refused(path: str, methods: set[str]) -> Response:
    if "GET" in methods and HeadByGet.knows(path):
        methods = methods | {"HEAD"}
    return http_problem(HTTPException(405, headers={"Allow": ", ".join(sorted(methods))}), path)
