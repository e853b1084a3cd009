"""The edge: the page's hashed assets for a CDN to pull, and its own health."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from livehouse.main.http_server import serve_http
from livehouse.main.role_context import RoleContext
from livehouse.web.options import PAGE_FOLDER


class _ImmutableFiles(StaticFiles):
    """Names under /assets hold a hash of the content: whoever has one need never ask again."""

    async def check_config(self) -> None:
        """Where the page is not built there is nothing, which is no failure."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in {200, 304}:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


def create_app(page_folder: Path = PAGE_FOLDER) -> Starlette:
    return Starlette(
        routes=[
            Route("/healthz", _healthz),
            Mount("/assets", _ImmutableFiles(directory=page_folder / "assets", check_dir=False)),
        ],
        middleware=[
            Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "HEAD"], max_age=86400)
        ],
    )


async def run(role: RoleContext) -> None:
    await serve_http(create_app(), role, role.settings.edge_port)
