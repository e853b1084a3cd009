"""Pages for people: the API and every kind of problem, without script and without another host."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from prometheus_client import CollectorRegistry

from livehouse.web.app import create_app
from livehouse.web.options import WebOptions
from livehouse.web.problem_types import PROBLEM_TYPES
from livehouse.web.use_cases import UseCases

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Of a door that has nothing but its documents: they ask no use case."""
    options = WebOptions(page_folder=tmp_path, registry=CollectorRegistry(), request_burst=10_000.0)
    transport = httpx.ASGITransport(create_app(cast(UseCases, None), options))
    async with httpx.AsyncClient(transport=transport, base_url="http://live.example") as client:
        yield client


def ids(html: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', html))


async def test_the_page_shows_every_operation(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/docs/api", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    document = (await browser.get("/api/v1/openapi.json")).json()
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert {one["operationId"] for one in operations} <= ids(answer.text)
    assert {link.removeprefix("#") for link in re.findall(r'href="(#[^"]+)"', answer.text)} <= ids(
        answer.text
    )
    slugs = set(re.findall(r'href="/problems/([^"]+)"', answer.text))
    assert slugs == {slug for one in operations for slug in one["x-problem-types"]}
    spared = await browser.get("/docs/api", headers={"If-None-Match": answer.headers["etag"]})
    assert (spared.status_code, spared.content) == (304, b"")


@pytest.mark.parametrize("path", ["/docs/api", "/problems", "/problems/not-live"])
async def test_a_page_takes_nothing_from_elsewhere_and_runs_no_script_of_its_own(
    browser: httpx.AsyncClient, path: str
) -> None:
    """It keeps the same Content-Security-Policy as the rest: `default-src 'self'`."""
    answer = await browser.get(path, headers=BROWSER)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    style = await browser.get("/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")
    sources = re.findall(r'(?:src|href)="([^"]+)"|url\(\'([^\']+)\'\)', answer.text + style.text)
    assert all(re.match(r"[/#](?!/)", one or other) for one, other in sources)
    assert set(re.findall(r"<script[^>]*>(.*?)</script>", answer.text, re.S)) == {""}
    assert not re.search(r"<style|\sstyle=", answer.text)
    assert not re.search(r"\son\w+=", answer.text)


async def test_the_type_of_each_problem_leads_to_a_page(browser: httpx.AsyncClient) -> None:
    """RFC 9457 section 3.1.1: dereferencing it gives human-readable documentation."""
    for slug, kind in PROBLEM_TYPES.items():
        page = await browser.get(f"/problems/{slug}", headers=BROWSER)
        assert page.status_code == 200
        assert f"<code>/problems/{slug}</code>" in page.text
        facts = (await browser.get(f"/problems/{slug}")).json()
        assert facts["type"] == f"/problems/{slug}"
        assert facts["statuses"] == list(kind.statuses)
        assert facts["meaning"]
        assert facts["remedy"]


async def test_all_problems_are_listed(browser: httpx.AsyncClient) -> None:
    listed = (await browser.get("/problems")).json()["problems"]
    assert {one["type"] for one in listed} == {f"/problems/{slug}" for slug in PROBLEM_TYPES}
    page = await browser.get("/problems", headers=BROWSER)
    assert set(re.findall(r'href="/problems/([^"]+)"', page.text)) == set(PROBLEM_TYPES)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html", "text/html"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("application/problem+json, text/html;q=0.9", "application/json"),
        ("text/html;q=0", "application/json"),
        ("text/html;q=much", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
async def test_people_get_html_and_programs_json(browser: httpx.AsyncClient, accept: str, kind: str) -> None:
    """RFC 9110 section 12.5.1."""
    answer = await browser.get("/problems/not-live", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("path", ["/problems/made-up", "/docs", "/docs/nothing", "/problems/not-live/more"])
async def test_what_is_no_document_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    answer: httpx.Response = await browser.get(path, headers=BROWSER)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_the_fonts_of_the_page_are_used_where_it_is_built(
    browser: httpx.AsyncClient, tmp_path: Path
) -> None:
    assert "@font-face" not in (await browser.get("/docs/style.css")).text
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "inter-latin-wght-normal-1a2b.woff2").write_bytes(b"font")
    options = WebOptions(page_folder=tmp_path, registry=CollectorRegistry(), request_burst=10_000.0)
    transport = httpx.ASGITransport(create_app(cast(UseCases, None), options))
    async with httpx.AsyncClient(transport=transport, base_url="http://live.example") as built:
        style = (await built.get("/docs/style.css")).text
    assert "url('/assets/inter-latin-wght-normal-1a2b.woff2')" in style
