"""One's own account over HTTP: confirmation, settings, logins, tokens, blocks, data and leaving."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from tests.unit.images.uploads import picture

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.adapters.mail_letters import PlainLetters
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.delete_account import EraseDueAccounts
from livehouse.accounts.application.reset_password import MAX_LINKS_OF_ADDRESS
from livehouse.accounts.application.send_mails import SendMails
from livehouse.accounts.application.sign_in import MAX_TRIES_NAME_AND_ADDRESS
from livehouse.accounts.application.throttle import MAX_MAILS_TO_ADDRESS
from livehouse.accounts.testing import RecordingMailer
from livehouse.main.wiring.persistence import build_engine
from livehouse.web.use_cases import UseCases

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
Link = Callable[[], Awaitable[str]]


@pytest.fixture
def sends_mail() -> bool:
    return True


@pytest.fixture
async def link(use_cases: UseCases, database_url: str, clock: FakeClock) -> AsyncIterator[Link]:
    """Lets the worker send what waits; the token of the last letter's link."""
    engine = build_engine(database_url)
    mailer = RecordingMailer()
    send = SendMails(
        lambda: PostgresAccountsUnitOfWork(engine),
        PlainLetters("https://live.example"),
        mailer,
        use_cases.accounts.tokens,
        clock,
        lambda _mail, why: pytest.fail(why),
    )

    async def last_link() -> str:
        while await send():
            pass
        return re.findall(r"#token=(\S+)", mailer.sent[-1].text)[-1]

    yield last_link
    await engine.dispose()


async def sign_up(browser: httpx.AsyncClient, name: str = "ada") -> None:
    body = {"name": name, "password": PASSWORD, "mail": f"{name}@example.org"}
    answer = await browser.post("/api/v1/accounts", json=body, headers={"User-Agent": "Browser/1"})
    assert answer.status_code == 201, answer.text
    browser.headers["X-CSRF-Token"] = answer.json()["csrf_token"]


@pytest.fixture
async def ada(visit, link: Link) -> httpx.AsyncClient:
    """Signed in, with a confirmed address."""
    browser = visit()
    await sign_up(browser)
    assert (await browser.post("/api/v1/mail-confirmations", json={"token": await link()})).status_code == 200
    return browser


async def test_signing_up_takes_an_address_and_its_confirmation(visit, link: Link) -> None:
    browser = visit()
    answer = await browser.post("/api/v1/accounts", json={"name": "ada", "password": PASSWORD})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/mail-missing")
    await sign_up(browser)
    assert (await browser.get("/api/v1/session")).json()["account"]["is_confirmed"] is False
    answer = await visit().post("/api/v1/mail-confirmations", json={"token": "lho_wrong"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/link-void")
    answer = await visit().post("/api/v1/mail-confirmations", json={"token": await link()})
    assert answer.json() == {"name": "ada", "mail": "ada@example.org"}
    assert (await browser.get("/api/v1/session")).json()["account"]["is_confirmed"] is True


async def test_a_forgotten_password(visit, ada: httpx.AsyncClient, link: Link) -> None:
    stranger = visit()
    answers = [
        await stranger.post("/api/v1/password-resets", json={"mail": mail})
        for mail in ("nobody@example.org", "ada@example.org")
    ]
    assert [(one.status_code, one.content) for one in answers] == [(202, b"")] * 2
    reset = {"token": await link(), "password": "another horse"}
    answer = await stranger.post("/api/v1/password-resets/confirmations", json=reset)
    assert (answer.status_code, "livehouse_device" in stranger.cookies) == (204, True)
    assert (await ada.get("/api/v1/session")).json()["account"] is None
    credentials = {"name": "ada", "password": "another horse"}
    assert (await stranger.post("/api/v1/session", json=credentials)).status_code == 201
    again = await stranger.post("/api/v1/password-resets/confirmations", json=reset)
    assert (again.status_code, again.json()["type"]) == (404, "/problems/link-void")


async def test_settings_and_profile(visit, ada: httpx.AsyncClient, link: Link) -> None:
    change = {"display_name": "ADA", "bio": "I paint the sea", "locale": "de"}
    changed = (await ada.patch("/api/v1/account", json=change)).json()
    assert {key: changed[key] for key in change} == change
    assert (changed["mail"], changed["pending_mail"]) == ("ada@example.org", None)
    profile = (await visit().get("/api/v1/people/Ada")).json()
    assert profile == {
        "id": changed["id"],
        "name": "ada",
        "display_name": "ADA",
        "bio": "I paint the sea",
        "created_at": "2026-01-01T00:00:00Z",
        "avatar_url": None,
    }
    answer = await ada.patch("/api/v1/account", json={"display_name": "Bob"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/display-name")
    answer = await ada.put("/api/v1/account/mail", json={"mail": "new@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await ada.get("/api/v1/account")).json()["pending_mail"] == "new@example.org"
    assert (await ada.post("/api/v1/account/mail/confirmation")).status_code == 202
    await visit().post("/api/v1/mail-confirmations", json={"token": await link()})
    assert (await ada.get("/api/v1/account")).json()["mail"] == "new@example.org"


async def test_logins_and_the_password(visit, ada: httpx.AsyncClient) -> None:
    others = [visit() for _ in range(3)]
    for other in others:
        credentials = {"name": "ada", "password": PASSWORD}
        answer = await other.post("/api/v1/session", json=credentials, headers={"User-Agent": "Phone/2"})
        other.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    logins = (await ada.get("/api/v1/account/logins")).json()["logins"]
    assert sorted(one["program"] for one in logins) == ["Browser/1", "Phone/2", "Phone/2", "Phone/2"]
    (current,) = [one for one in logins if one["is_current"]]
    assert current["program"] == "Browser/1"
    phone = next(one for one in logins if not one["is_current"])
    assert (await ada.delete(f"/api/v1/account/logins/{phone['id']}")).status_code == 204
    assert (await ada.delete(f"/api/v1/account/logins/{phone['id']}")).status_code == 404
    assert (await ada.delete("/api/v1/account/logins")).json() == {"ended": 2}
    for other in others:
        assert (await other.get("/api/v1/session")).json()["account"] is None
    change = {"old_password": "guess", "new_password": "another horse"}
    answer = await ada.put("/api/v1/account/password", json=change)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/wrong-password")
    answer = await ada.put("/api/v1/account/password", json={**change, "old_password": PASSWORD})
    assert answer.status_code == 204
    assert (await ada.get("/api/v1/session")).json()["account"]["name"] == "ada"


async def test_a_program_acts_within_its_scopes(visit, ada: httpx.AsyncClient) -> None:
    new = {"name": "Overlay", "scopes": ["channel:manage"], "expires_in_s": 3600}
    answer = await ada.post("/api/v1/account/access-tokens", json=new)
    assert answer.status_code == 201
    shown = answer.json()
    program = visit()
    program.headers["Authorization"] = f"Bearer {shown['access_token']}"
    assert (await program.patch("/api/v1/channels/ada", json={"title": "By program"})).status_code == 200
    for method, path, body, slug in (
        ("GET", "/api/v1/account", None, "scope-missing"),
        ("POST", "/api/v1/channels/ada/stream-keys", {"name": "mine"}, "scope-missing"),
        ("POST", "/api/v1/account/access-tokens", new, "login-required"),
        ("GET", "/api/v1/account/logins", None, "login-required"),
        ("GET", "/api/v1/account/export", None, "login-required"),
        ("DELETE", "/api/v1/session", None, "login-required"),
    ):
        refused = await program.request(method, path, json=body)
        assert (refused.status_code, refused.json()["type"]) == (403, f"/problems/{slug}"), path
    (listed,) = (await ada.get("/api/v1/account/access-tokens")).json()["access_tokens"]
    assert (listed["scopes"], listed["last_used_at"]) == (["channel:manage"], "2026-01-01T00:00:00Z")
    assert "access_token" not in listed
    assert (await ada.delete(f"/api/v1/account/access-tokens/{listed['id']}")).status_code == 204
    gone = await program.get("/api/v1/session")
    assert (gone.status_code, gone.json()["type"]) == (401, "/problems/invalid-token")


async def test_a_token_for_administration_is_refused_to_others(ada: httpx.AsyncClient) -> None:
    new = {"name": "Later", "scopes": ["administration"]}
    answer = await ada.post("/api/v1/account/access-tokens", json=new)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")


async def test_nothing_is_written_for_others_before_the_address_is_confirmed(visit, link: Link) -> None:
    browser = visit()
    await sign_up(visit(), "bob")
    await sign_up(browser)
    tier = {"name": "Gold", "price": {"amount": 499, "currency": "EUR"}, "benefits": [{"kind": "replays"}]}
    tries = (
        ("PATCH", "/api/v1/channels/ada", {"title": "Cheap pills"}),
        ("PATCH", "/api/v1/account", {"bio": "Cheap pills"}),
        ("POST", "/api/v1/channels/ada/tiers", tier),
        ("PUT", "/api/v1/channels/ada/roles/bob", {"role": "moderator"}),
        ("POST", "/api/v1/channels/ada/rename", {"new_name": "cheap_pills"}),
    )
    for method, path, body in tries:
        answer = await browser.request(method, path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/mail-not-confirmed"), path
    await browser.post("/api/v1/mail-confirmations", json={"token": await link()})
    for method, path, body in tries:
        assert (await browser.request(method, path, json=body)).is_success, path


async def test_people_are_blocked(visit, ada: httpx.AsyncClient) -> None:
    await sign_up(visit(), "mallory")
    for _ in range(2):
        assert (await ada.put("/api/v1/account/blocks/Mallory")).status_code == 204
    assert [one["name"] for one in (await ada.get("/api/v1/account/blocks")).json()["blocks"]] == ["mallory"]
    assert (await ada.delete("/api/v1/account/blocks/mallory")).status_code == 204
    assert (await ada.get("/api/v1/account/blocks")).json() == {"blocks": [], "next_cursor": None}
    assert (await ada.put("/api/v1/account/blocks/nobody")).status_code == 404


async def test_one_takes_ones_data_home(ada: httpx.AsyncClient) -> None:
    key = (await ada.post("/api/v1/channels/ada/stream-keys", json={"name": "OBS"})).json()
    channel = "/api/v1/channels/ada"
    show = {
        "title": "Sea",
        "starts_at": "2026-03-01T20:00:00",
        "time_zone": "Europe/Berlin",
        "duration_min": 60,
    }
    added = await ada.post(f"{channel}/schedule", json={**show, "category": "Art"})
    assert added.status_code == 201, added.text
    vacation = {"starts_at": "2026-07-01T00:00:00Z", "ends_at": "2026-07-08T00:00:00Z"}
    assert (await ada.put(f"{channel}/schedule/vacation", json=vacation)).is_success
    tier = {"name": "Gold", "price": {"amount": 499, "currency": "EUR"}, "benefits": [{"kind": "replays"}]}
    assert (await ada.post(f"{channel}/tiers", json=tier)).status_code == 201
    avatar = (await ada.put("/api/v1/me/avatar", content=picture())).json()["avatar_url"]
    banner = (await ada.put(f"{channel}/banner", content=picture("JPEG"))).json()["banner_url"]
    panel = (await ada.put(f"{channel}/about/image", content=picture())).json()["image"]
    told = {
        "description": "",
        "panels": [{"title": "Boat", "text": "", "image": panel, "image_alt": "A boat"}],
    }
    assert (await ada.put(f"{channel}/about", json=told)).is_success
    answer = await ada.get("/api/v1/account/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="livehouse-ada.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert json.loads(archive.read("account.json"))[0]["mail"] == "ada@example.org"
    assert json.loads(archive.read("channel.json"))[0]["name"] == "ada"
    assert [one["name"] for one in json.loads(archive.read("stream_keys.json"))] == ["OBS"]
    assert json.loads(archive.read("roles.json")) == json.loads(archive.read("chat_messages.json")) == []
    for file, field, url in (("account.json", "avatar", avatar), ("channel.json", "banner", banner)):
        kept = json.loads(archive.read(file))[0][field]
        assert kept == url.replace("/images/", "pictures/")
        assert archive.read(kept) == (await ada.get(url)).content
    (shown,) = json.loads(archive.read("channel/about.json"))[0]["panels"]
    assert archive.read(shown["image"]) == (await ada.get(panel)).content
    assert json.loads(archive.read("about.json"))["missing_pictures"] == []
    assert json.loads(archive.read("channel/schedule.json"))[0]["category"] == "Art"
    assert json.loads(archive.read("channel/vacation.json"))[0]["ends_at"] == "2026-07-08T00:00:00+00:00"
    assert json.loads(archive.read("channel/broadcasts.json")) == []
    assert json.loads(archive.read("audit_log.json")) == []
    assert json.loads(archive.read("channel/audit_log.json")) == []
    (offered,) = json.loads(archive.read("social/tiers.json"))
    assert (offered["name"], offered["amount"], offered["benefits"][0]["kind"]) == ("Gold", 499, "replays")
    files = b"".join(archive.read(name) for name in archive.namelist())
    assert key["stream_key"].encode() not in files


async def test_somebody_leaves(visit, ada: httpx.AsyncClient, database_url: str, clock: FakeClock) -> None:
    answer = await ada.post("/api/v1/account/deletion", json={"password": PASSWORD})
    assert (answer.status_code, answer.json()) == (202, {"deletion_due_at": "2026-01-15T00:00:00Z"})
    assert (await ada.delete("/api/v1/account/deletion")).status_code == 204
    assert (await ada.get("/api/v1/account")).json()["deletion_due_at"] is None
    await ada.post("/api/v1/account/deletion", json={"password": PASSWORD})
    clock.advance(timedelta(days=14))
    engine = build_engine(database_url)
    erase = EraseDueAccounts(lambda: PostgresAccountsUnitOfWork(engine), clock, UuidV7Ids(clock))
    assert await erase()
    assert not await erase()
    await engine.dispose()
    assert (await ada.get("/api/v1/session")).json()["account"] is None
    answer = await visit().post(
        "/api/v1/accounts", json={"name": "ada", "password": PASSWORD, "mail": "new@example.org"}
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/name-taken")


async def test_a_browser_that_was_here_before_is_not_locked_out_by_others(
    visit, ada: httpx.AsyncClient
) -> None:
    guess = {"name": "ada", "password": "guess"}
    for number in range(101):
        answer = await visit(address=f"198.51.100.{number}").post("/api/v1/session", json=guess)
    assert answer.status_code == 429
    credentials = {"name": "ada", "password": PASSWORD}
    assert (await visit(address="203.0.113.1").post("/api/v1/session", json=credentials)).status_code == 429
    assert "livehouse_device" in ada.cookies
    assert (await ada.post("/api/v1/session", json=credentials)).status_code == 201


async def test_made_up_links_keep_nobody_from_signing_in(visit, ada: httpx.AsyncClient, link: Link) -> None:
    body = {"token": "lho_made-up", "password": "another horse"}
    many = visit(address="198.51.100.9")
    answers = await asyncio.gather(
        *(
            many.post("/api/v1/password-resets/confirmations", json=body)
            for _ in range(2 * MAX_LINKS_OF_ADDRESS)
        )
    )
    assert (
        sorted(answer.status_code for answer in answers)
        == [404] * MAX_LINKS_OF_ADDRESS + [429] * MAX_LINKS_OF_ADDRESS
    )
    credentials = {"name": "ada", "password": PASSWORD}
    assert (await visit().post("/api/v1/session", json=credentials)).status_code == 201


async def test_one_address_cannot_lock_a_name_out(visit, ada: httpx.AsyncClient) -> None:
    one = visit(address="198.51.100.7")
    answers = [
        (await one.post("/api/v1/session", json={"name": "ada", "password": "guess"})).status_code
        for _ in range(130)
    ]
    assert answers == [401] * MAX_TRIES_NAME_AND_ADDRESS + [429] * (130 - MAX_TRIES_NAME_AND_ADDRESS)
    credentials = {"name": "ada", "password": PASSWORD}
    assert (await visit(address="203.0.113.1").post("/api/v1/session", json=credentials)).status_code == 201


async def test_sign_ups_send_a_letter_box_no_more_than_others_may(visit, database_url: str) -> None:
    for number in range(12):
        body = {"name": f"person_{number}", "password": PASSWORD, "mail": "victim@example.org"}
        assert (await visit().post("/api/v1/accounts", json=body)).status_code == 201
    engine = build_engine(database_url)
    async with engine.connect() as connection:
        waiting = await connection.scalar(text("SELECT count(*) FROM accounts.mail_queue"))
    await engine.dispose()
    assert waiting == MAX_MAILS_TO_ADDRESS


async def test_two_people_take_a_name_or_its_twin_and_one_gets_it(visit) -> None:
    names = ["grace", "GRACE", "gr_ace", "grace_", "grace"]
    bodies = [
        {"name": name, "password": PASSWORD, "mail": f"{number}@example.org"}
        for number, name in enumerate(names)
    ]
    tries = [visit().post("/api/v1/accounts", json=body) for body in bodies]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refusals = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    assert refusals <= {"/problems/name-taken", "/problems/name-too-similar"}


async def test_the_server_says_that_it_sends_mail(visit) -> None:
    assert (await visit(sends_mail=True).get("/api/v1/server")).json()["sends_mail"] is True
    assert (await visit().get("/api/v1/server")).json()["sends_mail"] is False
