"""Signing up, in and out over HTTP; cookies, CSRF and bearer tokens."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from cpc.kernel.clock import FakeClock
from livehouse.accounts.application.sign_in import MAX_TRIES_NAME, MAX_TRIES_NAME_AND_ADDRESS
from livehouse.accounts.domain.login_session import LIFETIME

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
CREDENTIALS = {"name": "ada", "password": PASSWORD}


async def test_signing_up_gives_account_channel_and_cookie(visit) -> None:
    browser = visit()
    answer = await browser.post("/api/v1/accounts", json={"name": "Ada", "password": PASSWORD})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"account", "channel", "csrf_token"}
    assert body["account"] == {
        "id": body["account"]["id"],
        "name": "ada",
        "display_name": "Ada",
        "created_at": "2026-01-01T00:00:00Z",
        "locale": "",
        "is_administrator": False,
        "is_confirmed": True,
        "avatar_url": None,
    }
    assert (body["account"]["name"], body["channel"]["name"]) == ("ada", "ada")
    assert body["account"]["id"].startswith("acc_")
    assert body["account"]["created_at"] == "2026-01-01T00:00:00Z"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("livehouse_session=lht_")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert PASSWORD not in answer.text
    session = (await browser.get("/api/v1/session")).json()
    assert session == {"account": body["account"], "csrf_token": body["csrf_token"]}


async def test_over_tls_the_cookie_is_secure(visit) -> None:
    browser = visit(base_url="https://live.example")
    answer = await browser.post("/api/v1/accounts", json=CREDENTIALS)
    assert "Secure" in answer.headers["set-cookie"]


async def test_a_visitor_is_nobody(visit) -> None:
    answer = await visit().get("/api/v1/session")
    assert (answer.status_code, answer.json()) == (200, {"account": None, "csrf_token": None})


async def test_a_taken_name_is_a_conflict(visit, ada: httpx.AsyncClient) -> None:
    answer = await visit().post("/api/v1/accounts", json={"name": "ADA", "password": PASSWORD})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/name-taken"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"name": "a", "password": PASSWORD}, "malformed-name"),
        ({"name": "a b c", "password": PASSWORD}, "malformed-name"),
        ({"name": "api", "password": PASSWORD}, "reserved-name"),
        ({"name": "ada", "password": "short"}, "weak-password"),
        ({"name": "ada"}, "invalid-request"),
        ({"name": "ada", "password": 12345678}, "invalid-request"),
        ({"name": "ada", "password": PASSWORD, "is_admin": True}, "invalid-request"),
        ({"name": "a" * 101, "password": PASSWORD}, "invalid-request"),
        ({"name": "ada", "password": "x" * 1001}, "invalid-request"),
        ([], "invalid-request"),
    ],
)
async def test_a_bad_sign_up_says_what_is_wrong(visit, body: object, slug: str) -> None:
    answer = await visit().post("/api/v1/accounts", json=body)
    assert answer.status_code == 400
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_signing_in_by_cookie(visit, ada: httpx.AsyncClient) -> None:
    browser = visit()
    answer = await browser.post("/api/v1/session", json=CREDENTIALS)
    assert answer.status_code == 201
    body = answer.json()
    assert body["account"]["name"] == "ada"
    assert body["access_token"] is None
    assert (await browser.get("/api/v1/session")).json()["account"]["name"] == "ada"


async def test_signing_in_for_a_bearer_token(visit, ada: httpx.AsyncClient) -> None:
    program = visit()
    answer = await program.post("/api/v1/session", json={**CREDENTIALS, "token": "bearer"})
    assert "set-cookie" not in answer.headers
    access_token = answer.json()["access_token"]
    bearer = {"Authorization": f"Bearer {access_token}"}
    assert (await program.get("/api/v1/session", headers=bearer)).json()["account"]["name"] == "ada"
    # No cookie is involved, so no CSRF token is asked for.
    answer = await program.patch("/api/v1/channels/ada", json={"title": "By program"}, headers=bearer)
    assert answer.status_code == 200
    assert (await program.delete("/api/v1/session", headers=bearer)).status_code == 204
    answer = await program.get("/api/v1/session", headers=bearer)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/invalid-token")


async def test_wrong_password_and_unknown_name_get_the_same_answer(visit, ada: httpx.AsyncClient) -> None:
    browser = visit()
    wrong = await browser.post("/api/v1/session", json={"name": "ada", "password": "wrong password"})
    unknown = await browser.post("/api/v1/session", json={"name": "nobody", "password": "wrong password"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["type"] == "/problems/wrong-name-or-password"


async def test_guessing_is_slowed_down(visit, ada: httpx.AsyncClient, clock: FakeClock) -> None:
    browser = visit(address="198.51.100.7")
    for _ in range(MAX_TRIES_NAME_AND_ADDRESS):
        answer = await browser.post("/api/v1/session", json={"name": "ada", "password": "wrong password"})
        assert answer.status_code == 401
    answer = await browser.post("/api/v1/session", json=CREDENTIALS)
    assert answer.status_code == 429
    assert answer.json()["type"] == "/problems/too-many-sign-ins"
    wait_s = int(answer.headers["retry-after"])
    clock.advance(timedelta(seconds=wait_s))
    assert (await browser.post("/api/v1/session", json=CREDENTIALS)).status_code == 201


async def test_of_many_failed_sign_ins_at_once_few_try_a_password_and_nobody_is_shut_out(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    """From a hundred addresses, at one name, many at a time: no race gets a guess more than there is.
    Ten thousand are tried in memory (tests/unit/accounts)."""
    unlimited = {"requests_per_second": 1e6, "request_burst": 10**6}
    browsers = [visit(address=f"198.51.100.{number}", **unlimited) for number in range(100)]
    guesses = iter(range(400))
    answers: Counter[tuple[int, str]] = Counter()

    async def guess() -> None:
        for number in guesses:
            wrong = {"name": "ada", "password": "guess again"}
            answer = await browsers[number % 100].post("/api/v1/session", json=wrong)
            answers[(answer.status_code, answer.json()["type"])] += 1

    await asyncio.gather(*(guess() for _ in range(6)))
    assert answers == {
        (401, "/problems/wrong-name-or-password"): MAX_TRIES_NAME,
        (429, "/problems/too-many-sign-ins"): 400 - MAX_TRIES_NAME,
    }
    # Whoever was here before comes in, and so do all others.
    assert (await ada.post("/api/v1/session", json=CREDENTIALS)).status_code == 201
    bobs = {"name": "bob", "password": PASSWORD}
    assert (await visit(address="203.0.113.1").post("/api/v1/session", json=bobs)).status_code == 201


async def test_a_login_that_has_expired_is_one_no_more(
    visit, ada: httpx.AsyncClient, clock: FakeClock
) -> None:
    program = visit()
    signed_in = await program.post("/api/v1/session", json={**CREDENTIALS, "token": "bearer"})
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    change = {"title": "Too late"}
    clock.advance(LIFETIME)
    answer = await program.patch("/api/v1/channels/ada", json=change, headers=bearer)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/invalid-token")
    answer = await ada.patch("/api/v1/channels/ada", json=change)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-required")
    assert (await ada.get("/api/v1/session")).json()["account"] is None
    assert (await ada.get("/api/v1/channels/ada")).json()["title"] != "Too late"


async def test_signing_out_ends_that_login_only(visit, ada: httpx.AsyncClient) -> None:
    other = visit()
    await other.post("/api/v1/session", json=CREDENTIALS)
    answer = await ada.delete("/api/v1/session")
    assert answer.status_code == 204
    assert 'livehouse_session=""' in answer.headers["set-cookie"]
    assert (await ada.get("/api/v1/session")).json()["account"] is None
    assert (await other.get("/api/v1/session")).json()["account"]["name"] == "ada"
    assert (await ada.delete("/api/v1/session")).status_code == 204, "doing it twice is fine"


async def test_by_cookie_an_unsafe_request_needs_its_csrf_token(visit, ada: httpx.AsyncClient) -> None:
    other = visit()
    other_token = (await other.post("/api/v1/session", json=CREDENTIALS)).json()["csrf_token"]
    change = {"title": "Forged"}
    for forged, slug in (
        (None, "csrf-token-missing"),
        ("", "csrf-token-wrong"),
        (other_token, "csrf-token-wrong"),
    ):
        ada.headers.pop("X-CSRF-Token", None)
        headers = {} if forged is None else {"X-CSRF-Token": forged}
        answer = await ada.patch("/api/v1/channels/ada", json=change, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, f"/problems/{slug}")
    assert (await ada.get("/api/v1/channels/ada")).json()["title"] != "Forged"


async def test_a_cookie_that_no_longer_counts_makes_a_visitor(visit) -> None:
    browser = visit()
    browser.cookies.set("livehouse_session", "lht_gone")
    assert (await browser.get("/api/v1/session")).json()["account"] is None
    answer = await browser.patch("/api/v1/channels/ada", json={"title": "x"})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-required")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer wrong", "Bearer lht_wrong", "lht_x"]
)
async def test_a_bad_authorization_is_refused(visit, header: str) -> None:
    answer = await visit().get("/api/v1/session", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert header.removeprefix("Bearer ") not in answer.json()["detail"] or header in {"Bearer", "Bearer "}


async def test_another_site_cannot_sign_someone_in_by_a_form(visit, ada: httpx.AsyncClient) -> None:
    answer = await visit().post("/api/v1/session", data=CREDENTIALS)
    assert answer.status_code == 415
    answer = await visit().post(
        "/api/v1/session",
        content=b'{"name": "ada", "password": "correct horse battery"}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[[[[", b"\xff\xfe", b'{"name": "\\ud800", "password": "\\ud800"}', b"null"]
)
async def test_broken_json_is_a_clear_answer(visit, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/api/v1/accounts", "/api/v1/session"):
        answer = await visit().post(path, content=content, headers=headers)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["type"] in {"/problems/invalid-request", "/problems/malformed-name"}
