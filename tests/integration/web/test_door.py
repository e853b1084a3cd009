"""What holds for every request: problems, headers, limits, HEAD, health, metrics, the page."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import structlog

from livehouse.web.options import WebOptions

pytestmark = pytest.mark.integration


async def test_where_the_other_doors_are(visit) -> None:
    body = (await visit(base_url="http://live.example:8080").get("/api/v1/server")).json()
    assert body == {
        "name": "Livehouse",
        "version": WebOptions().version,
        "chat_url": "ws://live.example:8081",
        "edge_url": "http://live.example:8082",
        "public_url": "http://live.example:8080",
        "max_message_characters": 500,
        "sends_mail": False,
    }
    body = (await visit(base_url="https://[2001:db8::1]").get("/api/v1/server")).json()
    assert (body["chat_url"], body["edge_url"]) == ("wss://[2001:db8::1]:8081", "https://[2001:db8::1]:8082")
    public = visit(
        public_url="https://live.example", chat_url="wss://chat.example", edge_url="https://e.example"
    )
    body = (await public.get("/api/v1/server")).json()
    assert (body["public_url"], body["chat_url"]) == ("https://live.example", "wss://chat.example")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api", "/api/v2/channels", "/assets/gone-123.js", "/gone.png"]
)
async def test_what_is_not_there_is_a_problem(visit, path: str) -> None:
    answer = await visit().get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"], body["instance"]) == ("/problems/not-found", 404, path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/channels", "GET, HEAD, POST"),
        ("OPTIONS", "/api/v1/channels/ada", "GET, HEAD, PATCH"),
        ("DELETE", "/api/v1/channels/ada", "GET, HEAD, PATCH"),
        ("GET", "/api/v1/channels/ada/schedule/sch_1", "DELETE, PATCH"),
        ("HEAD", "/api/v1/channels/ada/follow", "DELETE, PUT"),
        ("GET", "/api/v1/channels/ada/schedule/vacation", "DELETE, PATCH, PUT"),
        ("POST", "/api/v1/me/avatar", "DELETE, PUT"),
        ("POST", "/docs/api", "GET, HEAD"),
        ("BREW", "/problems/name-taken", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_named_with_the_right_ones(
    visit, method: str, path: str, allowed: str
) -> None:
    answer = await visit().request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or answer.json()["type"] == "/problems/method-not-allowed"


async def test_what_a_refusal_says_is_allowed_is_taken(visit) -> None:
    for method, path in (("GET", "/docs/api"), ("HEAD", "/docs/api"), ("HEAD", "/problems/name-taken")):
        answer = await visit().request(method, path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, (method, path)
        assert bool(answer.content) == (method == "GET")


async def test_a_large_body_is_refused_announced_or_not(visit) -> None:
    browser = visit(max_body_bytes=1000)
    headers = {"Content-Type": "application/json"}

    async def unannounced():  # type: ignore[no-untyped-def]
        for _ in range(20):
            yield b"x" * 100

    for content in (b"x" * 1001, unannounced()):
        answer = await browser.post("/api/v1/accounts", content=content, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


async def test_a_body_that_trickles_in_is_given_up(visit) -> None:
    more = asyncio.Event()

    async def trickle():  # type: ignore[no-untyped-def]
        yield b"{"
        await more.wait()

    browser = visit(body_timeout_s=0.05)
    for path, kind in (("/api/v1/accounts", "application/json"), ("/whep/ada", "application/sdp")):
        answer = await browser.post(path, content=trickle(), headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["type"]) == (408, "/problems/too-slow")


async def test_pages_of_other_origins_can_read_what_refused_them(visit) -> None:
    browser = visit(max_body_bytes=1000, requests_per_second=0.01, request_burst=3.0)
    for path in ("/whip", "/whep/ada"):
        answer = await browser.post(path, content=b"x" * 1001, headers={"Content-Type": "application/sdp"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (413, "*")
    assert "access-control-allow-origin" not in (await browser.get("/api/v1/server")).headers
    answer = await browser.post("/whep/ada")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (429, "*")
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in (await browser.get("/whipped")).headers


async def test_metrics_are_for_whom_the_operator_names(visit) -> None:
    def status(answer: httpx.Response) -> int:
        return answer.status_code

    assert status(await visit(address="127.0.0.1").get("/metrics")) == 200
    refused = await visit(address="192.0.2.1").get("/metrics")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/metrics-not-for-you")
    named = {"metrics_allowed_from": ("192.0.2.0/24",)}
    assert status(await visit(address="192.0.2.1", **named).get("/metrics")) == 200
    # A proxy on this machine passes on what anybody asks: named or not, that is not this machine asking.
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    assert status(await visit(address="127.0.0.1").get("/metrics", headers=forwarded)) == 403
    behind = {"trusted_proxies": ("127.0.0.1",)}
    assert status(await visit(address="127.0.0.1", **behind).get("/metrics", headers=forwarded)) == 403
    behind |= named
    assert status(await visit(address="127.0.0.1", **behind).get("/metrics", headers=forwarded)) == 200


async def test_every_answer_is_guarded(visit) -> None:
    browser = visit()
    for path in ("/", "/api/v1/server", "/api/v1/nothing", "/assets/app-1a2b3c.js", "/healthz"):
        headers = (await browser.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src" not in policy, "scripts fall under default-src: own files only"
        assert "ws://*:8081" in policy
        assert "frame-ancestors 'none'" in policy
        assert "camera=(self)" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers
    assert "strict-transport-security" in (await visit(tls=True).get("/")).headers
    assert (await browser.get("/api/v1/server")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/api/v1/server", "/healthz", "/readyz", "/", "/ada", "/assets/app-1a2b3c.js"]
)
async def test_head_is_get_without_the_body(visit, path: str) -> None:
    browser = visit()
    got, head = await browser.get(path), await browser.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_the_page_is_served_for_every_address_it_routes(visit) -> None:
    browser = visit()
    for path in ("/", "/ada", "/sign-in", "/ada/videos/12", "/studio"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.text[:9]) == (200, "<!doctype")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cache-control"] == "no-cache"
        again = await browser.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    script = await browser.get("/assets/app-1a2b3c.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await browser.get("/assets/app-1a2b3c.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304
    assert (await browser.get("/favicon.svg")).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../secret.txt", "/a%00b"]
)
async def test_no_file_outside_the_page_is_served(visit, options: WebOptions, path: str) -> None:
    (options.page_folder.parent / "secret.txt").write_text("private words")
    answer = await visit().get(path)
    assert answer.status_code in {400, 404} or answer.text.startswith("<!doctype")
    assert "private words" not in answer.text


async def test_a_page_that_is_not_built_says_so(visit, options: WebOptions) -> None:
    (options.page_folder / "index.html").unlink()
    answer = await visit().get("/")
    assert answer.status_code == 503
    assert "not built" in answer.text
    assert (await visit().get("/api/v1/server")).status_code == 200


async def test_alive_and_ready(visit) -> None:
    async def fine() -> None:
        pass

    async def away() -> None:
        raise ConnectionRefusedError

    browser = visit(ready_checks={"postgresql": fine, "nats": fine})
    assert (await browser.get("/healthz")).status_code == 200
    answer = await browser.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]) == (200, {"postgresql": "ready", "nats": "ready"})
    answer = await visit(ready_checks={"postgresql": fine, "nats": away}).get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
    assert answer.json()["parts"] == {"postgresql": "ready", "nats": "ConnectionRefusedError"}


async def test_requests_are_counted_by_route_template(visit, ada: httpx.AsyncClient) -> None:
    browser = visit()
    for path in ("/api/v1/channels/ada", "/api/v1/channels/nobody", "/ada", "/some/page", "/whep/ada"):
        await browser.get(path)
    await browser.head("/healthz")
    await browser.options("/whip/sessions/made.up")
    text = (await visit(address="127.0.0.1").get("/metrics")).text
    route = 'route="/api/v1/channels/{name}"'
    assert f'livehouse_http_requests_total{{method="GET",{route},status="200"}} 1.0' in text
    assert f'livehouse_http_requests_total{{method="GET",{route},status="404"}} 1.0' in text
    assert 'livehouse_http_requests_total{method="GET",route="page",status="200"} 2.0' in text
    for labels in (
        'method="GET",route="/whep/{channel}",status="200"',
        'method="OPTIONS",route="/whip/sessions/{session}",status="200"',
        'method="HEAD",route="/healthz",status="200"',
    ):
        assert f"livehouse_http_requests_total{{{labels}}} 1.0" in text
    assert "livehouse_http_request_duration_seconds_bucket" in text
    assert "nobody" not in text, "labels come from templates, not from what people type"


async def test_a_flood_from_one_address_is_refused_and_others_are_served(visit) -> None:
    flood = visit(address="198.51.100.1", requests_per_second=10.0, request_burst=20.0)
    other = visit(address="198.51.100.2", requests_per_second=10.0, request_burst=20.0)
    answers = await asyncio.gather(*(flood.get("/api/v1/server") for _ in range(200)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 150 <= len(refused) <= 180
    body = refused[0].json()
    assert (body["type"], body["status"]) == ("/problems/too-many-requests", 429)
    assert int(refused[0].headers["retry-after"]) >= 1
    assert (await flood.get("/healthz")).status_code == 200, "its health may still be looked at"
    assert (await other.get("/api/v1/server")).status_code == 200
    health = await asyncio.gather(*(flood.get("/healthz") for _ in range(100)))
    assert any(answer.status_code == 429 for answer in health), "but not without end"


async def test_answers_of_the_api_tell_what_is_left(visit) -> None:
    """draft-ietf-httpapi-ratelimit-headers: one policy for the address, one for what an account changes."""
    browser = visit(requests_per_second=0.01, request_burst=5.0, account_write_burst=2.0,
                    account_writes_per_second=0.01)  # fmt: skip
    first = await browser.get("/api/v1/server")
    assert first.headers["ratelimit-policy"] == '"address";q=5;w=500'
    assert first.headers["ratelimit"].startswith('"address";r=4;t=')
    assert "ratelimit" not in (await browser.get("/favicon.svg")).headers
    body = {"name": "ada", "password": "correct horse battery"}
    csrf_token = (await browser.post("/api/v1/accounts", json=body)).json()["csrf_token"]
    browser.headers["X-CSRF-Token"] = csrf_token
    changed = await browser.patch("/api/v1/account", json={"bio": "I paint the sea."})
    assert changed.status_code == 200
    assert changed.headers["ratelimit-policy"].endswith(', "account-changes";q=2;w=200')
    assert '"account-changes";r=1;t=100' in changed.headers["ratelimit"]
    elsewhere = visit(address="198.51.100.1", requests_per_second=0.01, request_burst=5.0,
                      account_write_burst=2.0, account_writes_per_second=0.01)  # fmt: skip
    elsewhere.cookies, elsewhere.headers = browser.cookies, browser.headers
    assert (await elsewhere.patch("/api/v1/account", json={})).status_code == 200
    refused = await elsewhere.patch("/api/v1/account", json={})
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
    assert int(refused.headers["retry-after"]) == 100
    assert '"account-changes";r=0' in refused.headers["ratelimit"]
    assert (await elsewhere.get("/api/v1/account")).status_code == 200, "one may still look"
    for _ in range(2):
        refused = await browser.get("/api/v1/server")
    assert (refused.status_code, refused.headers["ratelimit"][:15]) == (429, '"address";r=0;t')


async def test_an_unexpected_error_is_recorded_and_tells_nothing(visit, use_cases, monkeypatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("inner detail")

    monkeypatch.setattr(type(use_cases.channel.list_channels), "__call__", broken)
    with structlog.testing.capture_logs() as logged:
        answer = await visit().get("/api/v1/channels")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/unexpected")
    assert "inner detail" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    (entry,) = logged
    assert entry["incident"] == answer.json()["incident"]
    assert (entry["log_level"], entry["route"]) == ("error", "/api/v1/channels")


async def test_the_document_describes_what_is_served(visit) -> None:
    document = (await visit().get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert {"open_account", "sign_in", "sign_out", "get_session", "list_channels", "get_channel"} <= set(
        names
    )
    assert all("summary" in operation and operation.get("description") for operation in operations)
    assert "Problem" in document["components"]["schemas"]


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("POST", "/api/v1/session", "Accept-Post"),
        ("PATCH", "/api/v1/account", "Accept-Patch"),
        ("PUT", "/api/v1/account/password", "Accept"),
    ],
)
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_body_that_does_not_say_it_is_json_is_of_no_type_that_is_taken(
    ada: httpx.AsyncClient, method: str, path: str, header: str, media_type: str | None
) -> None:
    """RFC 9110 section 15.5.16."""
    said = {} if media_type is None else {"Content-Type": media_type}
    answer = await ada.request(method, path, content=b'{"name": "ada"}', headers=said)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")
    assert answer.headers[header] == "application/json"


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json; charset=utf-8"])
async def test_what_says_it_is_json_and_is_not_an_object_is_invalid(visit, media_type: str) -> None:
    answer = await visit().post("/api/v1/session", content=b"[]", headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")
