"""The whole HTTP door in this process, on a real PostgreSQL and NATS."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cpc.cache.cached_reads import CachedReads
from cpc.images.obstore_store import ObstoreImages
from cpc.images.read_image import ReadImage
from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.wiring.accounts import build_accounts, build_appoint_administrator
from livehouse.main.wiring.cache import build_read_channel_page
from livehouse.main.wiring.channel import build_channel, build_channel_personal_data
from livehouse.main.wiring.chat import build_chat, build_chat_personal_data
from livehouse.main.wiring.images import build_keep_image
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.processes import build_processes
from livehouse.main.wiring.social import build_social, build_social_personal_data
from livehouse.main.wiring.streaming import build_streaming, build_streaming_personal_data, nats_outside
from livehouse.main.wiring.web import build_kept_answers
from livehouse.web.app import build_routes, create_app
from livehouse.web.idempotency.postgres_kept_answers import PostgresKeptAnswers
from livehouse.web.options import WebOptions
from livehouse.web.use_cases import UseCases

DOCUMENT = build_routes(WebOptions()).openapi()
KEYS = KeyRing("k1", {"k1": b"k" * 32})


class DocumentedProblems:
    """ASGI layer: what an operation answers is among the statuses and problems its document lists, and 201
    says where what was made is (RFC 9110 section 15.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, body, sent_headers = 0, b"", Headers()

        async def watched_send(message: Message) -> None:
            nonlocal status, body, sent_headers
            status = message.get("status", status)
            sent_headers = Headers(raw=message["headers"]) if "headers" in message else sent_headers
            if status >= 400:
                body += message.get("body", b"")
            await send(message)

        await self._app(scope, receive, watched_send)
        path, method = getattr(scope.get("route"), "path_format", ""), scope["method"].lower()
        operation = DOCUMENT["paths"].get(path, {}).get("get" if method == "head" else method)
        if operation is None:
            return
        name = f"{method.upper()} {path}"
        assert str(status) in operation["responses"], f"{name} answered {status}, which it does not document"
        if status == 201:
            declared = operation["responses"]["201"]["headers"]
            assert "Location" in declared, f"{name} documents no Location of what it makes"
            assert sent_headers.get("location", "").startswith("/"), f"{name} does not say what it made"
        if status >= 400:
            slug = json.loads(body or b'{"type": "/problems/"}')["type"].removeprefix("/problems/")
            known = operation["x-problem-types"]
            assert not slug or slug in known, f"{name} answered {slug}: name it by may_answer() at its route"


Visit = Callable[..., httpx.AsyncClient]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def options(tmp_path: Path) -> WebOptions:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Livehouse</title>")
    (tmp_path / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "assets" / "app-1a2b3c.js").write_text("console.log('page')")
    return WebOptions(page_folder=tmp_path, registry=CollectorRegistry())


@pytest.fixture
def sends_mail() -> bool:
    """Whether the node does; a test module that needs it says so."""
    return False


@pytest.fixture
def image_store() -> ObstoreImages:
    return ObstoreImages.in_memory()


@pytest.fixture
def list_reads() -> CachedReads | None:
    """The cache of lists; a test module that wants one says so. The clock stands still, so nothing of it
    grows old."""
    return None


@pytest.fixture
async def use_cases(
    database_url: str,
    nats_connection: Client,
    clock: FakeClock,
    sends_mail: bool,
    image_store: ObstoreImages,
    list_reads: CachedReads | None,
) -> AsyncIterator[UseCases]:
    engine = build_engine(database_url)
    ids = UuidV7Ids(clock)
    keep_image = build_keep_image(engine, clock, image_store)
    channel = build_channel(engine, clock, ids, keep_image=keep_image, list_reads=list_reads)
    personal_data = (
        build_channel_personal_data(engine),
        build_streaming_personal_data(engine, channel.find_channels),
        build_chat_personal_data(engine, channel.find_channels),
        build_social_personal_data(engine, channel.find_channels, clock),
    )
    accounts = build_accounts(
        engine,
        clock,
        ids,
        KEYS,
        FakePasswordHasher(),
        sends_mail=sends_mail,
        personal_data=personal_data,
        keep_image=keep_image,
        read_image=ReadImage(image_store),
    )
    outside = await nats_outside(nats_connection)
    yield UseCases(
        accounts=accounts,
        channel=channel,
        streaming=build_streaming(engine, channel.find_channels, outside, clock, ids, KEYS),
        chat=build_chat(engine, channel.find_channels, clock),
        social=build_social(engine, channel.find_channels, clock, ids),
        processes=build_processes(accounts, channel, build_read_channel_page(engine, clock)),
        read_image=ReadImage(image_store),
    )
    await engine.dispose()


@pytest.fixture
async def kept_answers(database_url: str, clock: FakeClock) -> AsyncIterator[PostgresKeptAnswers]:
    engine = build_engine(database_url)
    yield build_kept_answers(engine, clock, UuidV7Ids(clock), KEYS)
    await engine.dispose()


@pytest.fixture
async def visit(
    use_cases: UseCases, options: WebOptions, kept_answers: PostgresKeptAnswers
) -> AsyncIterator[Visit]:
    """`visit()` is a fresh browser: own cookies. `visit(address=…, base_url=…)` from elsewhere."""
    apps: dict[str, ASGIApp] = {}
    browsers: list[httpx.AsyncClient] = []

    def open_browser(
        *, address: str = "192.0.2.1", base_url: str = "http://live.example", **changes: object
    ) -> httpx.AsyncClient:
        key = repr(sorted(changes.items()))
        if key not in apps:
            registry = CollectorRegistry() if apps else options.registry
            changed = replace(options, registry=registry, kept_answers=kept_answers, **changes)
            apps[key] = create_app(use_cases, changed)
        transport = httpx.ASGITransport(DocumentedProblems(apps[key]), client=(address, 50000))
        browser = httpx.AsyncClient(transport=transport, base_url=base_url)
        browsers.append(browser)
        return browser

    yield open_browser
    for browser in browsers:
        await browser.aclose()


async def sign_up(browser: httpx.AsyncClient, name: str = "ada") -> dict[str, object]:
    """The browser is signed in afterwards and sends the CSRF token with every request."""
    answer = await browser.post("/api/v1/accounts", json={"name": name, "password": "correct horse battery"})
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    browser.headers["X-CSRF-Token"] = str(body["csrf_token"])
    return body


@pytest.fixture
async def ada(visit: Visit) -> httpx.AsyncClient:
    """Ada's browser, signed in, with her channel."""
    browser = visit()
    await sign_up(browser)
    return browser


@pytest.fixture
async def bob(visit: Visit) -> httpx.AsyncClient:
    browser = visit()
    await sign_up(browser, "bob")
    return browser


@pytest.fixture
async def root(visit: Visit, engine: AsyncEngine, clock: FakeClock) -> httpx.AsyncClient:
    """An administrator's browser."""
    browser = visit()
    await sign_up(browser, "in_charge")
    await build_appoint_administrator(engine, clock, UuidV7Ids(clock))("in_charge", is_administrator=True)
    return browser
