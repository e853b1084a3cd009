"""The built page: files, and index.html for every address that the page itself routes."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

_IMMUTABLE = "public, max-age=31536000, immutable"  # names in /assets hold a hash of the content
_REVALIDATE = "no-cache"
_NEVER_PAGES = frozenset(
    {"api", "assets", "images", "whip", "whep", "problems", "docs", "chat", "healthz", "readyz", "metrics"}
)


class StaticPage:
    """ASGI: what the router falls back to."""

    def __init__(self, folder: Path) -> None:
        self._index = folder / "index.html"
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._respond(scope)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> Response:
        path: str = scope["path"]
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(404)
        first, _, _ = path.lstrip("/").partition("/")
        if first == "api":
            raise HTTPException(404)
        if not self._index.is_file():
            if first in _NEVER_PAGES:
                raise HTTPException(404)
            return PlainTextResponse(
                "The page is not built. Run `make run`, or `npm ci && npm run build` in frontend/.\n"
                "The API works: see /api/v1/openapi.json.\n",
                503,
                {"Cache-Control": "no-store"},
            )
        response = await self._file(path, scope)
        if response is not None:
            return response
        if first in _NEVER_PAGES or "." in path.rpartition("/")[2]:
            raise HTTPException(404)
        return self._conditional(FileResponse(self._index), scope)

    async def _file(self, path: str, scope: Scope) -> Response | None:
        try:
            response = await self._files.get_response(path.lstrip("/"), scope)
        except HTTPException as error:
            if error.status_code == 404:
                return None
            raise
        response.headers["Cache-Control"] = _IMMUTABLE if path.startswith("/assets/") else _REVALIDATE
        return response

    def _conditional(self, response: FileResponse, scope: Scope) -> Response:
        response.headers["Cache-Control"] = _REVALIDATE
        response.set_stat_headers(self._index.stat())
        if self._files.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response
