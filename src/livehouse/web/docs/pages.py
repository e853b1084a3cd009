"""`/docs/api` and `/problems`: rendered on the server, so they work without script and network."""

from __future__ import annotations

import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from livehouse.web.docs.reference import sections
from livehouse.web.preconditions import IfNoneMatch, entity_tags
from livehouse.web.problem_types import PROBLEM_TYPES, ProblemType

router = APIRouter(include_in_schema=False)

_FONTS = {
    "Inter": "inter-latin-wght-normal-*.woff2",
    "Bricolage": "bricolage-grotesque-latin-wght-normal-*.woff2",
}


class DocumentPages:
    """The pages of one app, each rendered at its first request. page_folder: where the page's fonts are."""

    def __init__(self, app: FastAPI, page_folder: Path) -> None:
        self._app = app
        self._markdown = MarkdownIt("js-default")  # no HTML of its own passes
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["markdown"] = lambda text: Markup(self._markdown.render(text))  # noqa: S704
        self._templates.filters["inline"] = lambda text: Markup(self._markdown.renderInline(text))  # noqa: S704
        found = {name: next(iter((page_folder / "assets").glob(form)), None) for name, form in _FONTS.items()}
        self._templates.globals["fonts"] = {name: path.name for name, path in found.items() if path}

    @cached_property
    def api(self) -> str:
        document = self._app.openapi()
        return self._render("api.html", info=document["info"], sections=sections(document))

    @cached_property
    def problems(self) -> str:
        by_slug = sorted(PROBLEM_TYPES.values(), key=lambda kind: kind.slug)
        return self._render("problems.html", problems=by_slug)

    @cached_property
    def style(self) -> str:
        return self._render("style.css")

    def problem(self, kind: ProblemType) -> str:
        return self._render("problem.html", kind=kind)

    def _render(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(**values)


@router.get("/docs/api")
async def show_api(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """The API for people."""
    return _page(_pages(request).api, if_none_match)


@router.get("/docs/style.css")
async def read_style(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    return _page(_pages(request).style, if_none_match, media_type="text/css")


@router.get("/problems")
async def list_problems(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """Every kind of problem there is."""
    if _wants_html(request):
        return _page(_pages(request).problems, if_none_match)
    return _json({"problems": [_shape(kind) for kind in PROBLEM_TYPES.values()]})


@router.get("/problems/{slug}")
async def explain_problem(slug: str, request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """What one kind of problem means and what to do: the page that `type` leads to (RFC 9457 section 4)."""
    kind = PROBLEM_TYPES.get(slug)
    if kind is None:
        raise HTTPException(404)
    if _wants_html(request):
        return _page(_pages(request).problem(kind), if_none_match)
    return _json(_shape(kind))


def _pages(request: Request) -> DocumentPages:
    pages: DocumentPages = request.app.state.document_pages
    return pages


def _shape(kind: ProblemType) -> dict[str, Any]:
    return {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "statuses": list(kind.statuses),
        "meaning": kind.meaning,
        "remedy": kind.remedy,
    }


def _wants_html(request: Request) -> bool:
    """Browsers name HTML; programs that take anything get JSON (RFC 9110 section 12.5.1)."""
    quality: dict[str, float] = {}
    for part in request.headers.get("accept", "").lower().split(","):
        name, *parameters = [piece.strip() for piece in part.split(";")]
        weights = [one.removeprefix("q=") for one in parameters if one.startswith("q=")]
        try:
            quality[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            quality[name] = 0.0
    json_quality = max(quality.get("application/json", 0.0), quality.get("application/problem+json", 0.0))
    return quality.get("text/html", 0.0) > json_quality


def _page(text: str, if_none_match: str | None, media_type: str = "text/html") -> Response:
    etag = f'"{zlib.crc32(text.encode()):08x}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
    if if_none_match is not None and any(tag.opaque == etag for tag in entity_tags(if_none_match)):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type=media_type)


def _json(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers={"Cache-Control": "no-cache", "Vary": "Accept"})
