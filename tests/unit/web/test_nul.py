"""U+0000 is refused in every text of every operation, before anything is done."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from tests.unit.web.document_places import OPERATIONS, address, body_of, parameters_of, texts, with_value

from livehouse.web.app import create_app
from livehouse.web.options import WebOptions
from livehouse.web.use_cases import UseCases

NOTHING: UseCases = object.__new__(UseCases)  # whatever asked one would fail
NUL = "a\0b"


@pytest.fixture(scope="module")
def door() -> httpx.ASGITransport:
    options = replace(WebOptions(), registry=CollectorRegistry(), request_burst=1e6, requests_per_second=1e6)
    return httpx.ASGITransport(create_app(NOTHING, options))


@pytest.mark.parametrize("name", OPERATIONS)
async def test_nul_is_refused_wherever_text_is_taken(name: str, door: httpx.ASGITransport) -> None:
    path, method, operation = OPERATIONS[name]
    parameters = parameters_of(operation)
    schema, example = body_of(operation)

    async def refused(url: str, body: Any = example) -> None:
        async with httpx.AsyncClient(transport=door, base_url="http://live.example") as visitor:
            answer = await visitor.request(method, url, json=body)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request"), (url, body)

    for parameter in parameters:
        if parameter["in"] == "path":
            await refused(address(path, parameters, **{parameter["name"]: "a%00b"}))
        elif parameter["in"] == "query":
            await refused(f"{address(path, parameters)}?{parameter['name']}=a%00b")
    await refused(f"{address(path, parameters)}?unknown=%00")
    for place, _ in () if schema is None else texts(schema):
        await refused(address(path, parameters), with_value(copy.deepcopy(example), place, NUL))


@pytest.mark.parametrize(
    "path", ["/%00", "/ada%00", "/assets/%00.js", "/images/a%00.webp", "/whep/a%00", "/problems/%00"]
)
async def test_no_file_and_no_page_has_nul_in_its_name(path: str, door: httpx.ASGITransport) -> None:
    async with httpx.AsyncClient(transport=door, base_url="http://live.example") as visitor:
        answer = await visitor.get(path)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")
        assert (await visitor.head(path)).status_code == 400
        escaped = await visitor.get(path.replace("%00", "%2500"))
        assert "U+0000" not in escaped.text, "an escaped % is text like any other"
