"""What a CDN pulls from the edge may be kept for ever and used from any origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from livehouse.main.roles.edge import create_app


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-3f2a.js").write_text("export {}")
    (tmp_path / "index.html").write_text("the page")
    return tmp_path


@pytest.fixture
async def edge(page: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(page))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as http:
        yield http


async def test_assets_are_immutable_and_for_every_origin(edge: httpx.AsyncClient) -> None:
    answer = await edge.get("/assets/index-3f2a.js", headers={"Origin": "https://live.example.org"})
    assert answer.status_code == 200
    assert answer.text == "export {}"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = await edge.get("/assets/index-3f2a.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/assets/gone.js", "/assets/%2e%2e/index.html", "/"])
async def test_nothing_else_is_given_away(edge: httpx.AsyncClient, path: str) -> None:
    answer = await edge.get(path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


async def test_it_lives_without_a_page(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(create_app(tmp_path / "not_built"))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as http:
        assert (await http.get("/healthz")).text == "ok\n"
        assert (await http.get("/assets/index.js")).status_code == 404
