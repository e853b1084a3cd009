"""Idempotency-Key: a POST sent again is carried out once (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from cpc.kernel.clock import FakeClock
from cpc.kernel.errors import Unavailable
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.web import build_kept_answers
from livehouse.web.idempotency.kept_answers import (
    CLAIMED_FOR,
    KEPT_FOR,
    MAX_BODY_BYTES,
    Claimed,
    InProgress,
    KeptAnswer,
    KeyReused,
)
from livehouse.web.idempotency.postgres_kept_answers import PostgresKeptAnswers
from livehouse.web.idempotency.request_key import request_key

pytestmark = pytest.mark.integration

SHOW = {
    "title": "Painting the sea",
    "starts_at": "2026-12-01T19:30:00",
    "time_zone": "Europe/Paris",
    "duration_min": 120,
}
SCHEDULE = "/api/v1/channels/ada/schedule"


def keyed(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": f'"{key or uuid4()}"'}


Rows = Callable[[], Awaitable[list[dict[str, bytes]]]]


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """What stands in the table."""
    engine = build_engine(database_url)

    async def read() -> list[dict[str, bytes]]:
        async with engine.connect() as database:
            found = await database.execute(text("SELECT owner, key, fingerprint FROM web.kept_answer"))
            return [dict(row._mapping) for row in found]

    yield read
    await engine.dispose()


async def shows(browser: httpx.AsyncClient) -> int:
    return len((await browser.get(SCHEDULE)).json()["entries"])


async def test_the_same_request_is_carried_out_once(ada: httpx.AsyncClient) -> None:
    headers = keyed()
    first = await ada.post(SCHEDULE, json=SHOW, headers=headers)
    again = await ada.post(SCHEDULE, json=SHOW, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("content-type", "location"):
        assert again.headers.get(name) == first.headers.get(name)
    assert await shows(ada) == 1
    assert (await ada.post(SCHEDULE, json=SHOW, headers=keyed())).json()["id"] != first.json()["id"]
    assert (await ada.post(SCHEDULE, json=SHOW)).status_code == 201
    assert await shows(ada) == 3


async def test_a_key_with_another_request_is_refused(ada: httpx.AsyncClient) -> None:
    headers = keyed()
    assert (await ada.post(SCHEDULE, json=SHOW, headers=headers)).status_code == 201
    other = await ada.post(SCHEDULE, json={**SHOW, "title": "Another"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    elsewhere = await ada.post("/api/v1/channels/ada/stream-keys", json={"name": "OBS"}, headers=headers)
    assert elsewhere.status_code == 422
    assert await shows(ada) == 1


async def test_two_people_may_have_the_same_key(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    assert (await ada.post(SCHEDULE, json=SHOW, headers=keyed("1"))).status_code == 201
    refused = await bob.post(SCHEDULE, json=SHOW, headers=keyed("1"))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")


async def test_after_a_day_the_key_is_free_again(ada: httpx.AsyncClient, clock: FakeClock) -> None:
    headers = keyed()
    first = await ada.post(SCHEDULE, json=SHOW, headers=headers)
    clock.advance(KEPT_FOR - timedelta(seconds=1))
    assert (await ada.post(SCHEDULE, json=SHOW, headers=headers)).json() == first.json()
    clock.advance(timedelta(seconds=1))
    assert (await ada.post(SCHEDULE, json=SHOW, headers=headers)).json() != first.json()


async def test_a_refusal_is_not_kept(ada: httpx.AsyncClient, clock: FakeClock) -> None:
    """It left nothing behind, so the request is judged anew."""
    headers = keyed()
    wrong = {"password": "wrong password"}
    for _ in range(2):
        refused = await ada.post("/api/v1/account/deletion", json=wrong, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/wrong-password")
    right = {"password": "correct horse battery"}
    assert (await ada.post("/api/v1/account/deletion", json=right, headers=headers)).status_code == 202


async def test_of_many_at_once_one_is_carried_out(ada: httpx.AsyncClient) -> None:
    headers = keyed()
    answers = await asyncio.gather(*(ada.post(SCHEDULE, json=SHOW, headers=headers) for _ in range(8)))
    assert await shows(ada) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["type"] == "/problems/request-in-progress"
            assert answer.headers["retry-after"] == "1"
        else:
            assert answer.status_code == 201
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1


@pytest.mark.parametrize("header", ["", '"open', "two words", "k" * 300, '"ä"'.encode()])
async def test_a_malformed_key_is_refused(ada: httpx.AsyncClient, header: str | bytes) -> None:
    answer = await ada.post(SCHEDULE, json=SHOW, headers={"Idempotency-Key": header})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-idempotency-key")
    assert await shows(ada) == 0


async def test_a_secret_is_shown_once_and_never_kept(ada: httpx.AsyncClient, database_url: str) -> None:
    requests = {
        "/api/v1/channels/ada/stream-keys": {"name": "OBS"},
        "/api/v1/account/access-tokens": {"name": "Overlay", "scopes": ["chat:write"]},
    }
    for path, body in requests.items():
        headers = keyed()
        first = await ada.post(path, json=body, headers=headers)
        again = await ada.post(path, json=body, headers=headers)
        assert first.status_code == 201
        assert (again.status_code, again.json()["type"]) == (409, "/problems/made-already")
        assert again.headers["location"] == first.headers["location"]
    assert len((await ada.get("/api/v1/channels/ada/stream-keys")).json()["stream_keys"]) == 1
    engine = build_engine(database_url)
    async with engine.connect() as database:
        kept = (await database.execute(text("SELECT body, headers::text FROM web.kept_answer"))).all()
    await engine.dispose()
    assert [row.body for row in kept] == [None, None]
    assert not [row for row in kept if "lhk_" in row.headers or "lhp_" in row.headers]


async def test_signing_up_again_tells_that_it_was_done(visit) -> None:
    """The answer sets a cookie, which is a secret too."""
    body, headers = {"name": "ada", "password": "correct horse battery"}, keyed()
    assert (await visit().post("/api/v1/accounts", json=body, headers=headers)).status_code == 201
    again = await visit().post("/api/v1/accounts", json=body, headers=headers)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/made-already")
    assert again.headers["location"] == "/api/v1/channels/ada"
    assert "set-cookie" not in again.headers
    elsewhere = await visit(address="198.51.100.7").post("/api/v1/accounts", json=body, headers=headers)
    assert elsewhere.json()["type"] == "/problems/name-taken"


async def test_no_password_and_no_address_can_be_tried_on_the_table(visit, rows: Rows) -> None:
    """Whoever has a dump of it has nothing that a guess can be hashed and compared with."""
    browser, headers = visit(), keyed("8e03978e")
    password = {"name": "ada", "password": "correct horse battery"}
    requests = {"/api/v1/accounts": password, "/api/v1/session": password}
    for path, body in requests.items():
        assert (await browser.post(path, json=body, headers=keyed("8e03978e" + path))).is_success
        browser.cookies.clear()
    guesses = [b"8e03978e" + path.encode() for path in requests]
    guesses += [b"192.0.2.1", b"address 192.0.2.1", b"correct horse battery"]
    for path, body in requests.items():
        sent = browser.build_request("POST", path, json=body, headers=headers).content
        targets = (path.encode(), path.encode() + b"?")
        guesses.append(sent)
        for parts in [(b"POST", target, sent) for target in targets]:
            guesses.append(b"".join(parts))
            guesses.append(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
            of_request = request_key("", "", method="POST", target=parts[1], body=sent)
            assert hashlib.sha256(guesses[-1]).digest() == of_request.fingerprint, "as it is before the key"
    kept = await rows()
    assert len(kept) == len(requests)
    written = {bytes(value) for row in kept for value in (row["owner"], row["key"], row["fingerprint"])}
    assert not written & {hashlib.sha256(guess).digest() for guess in guesses}


async def test_a_bad_login_is_refused_as_without_a_key(ada: httpx.AsyncClient) -> None:
    headers = keyed()
    first = await ada.post(SCHEDULE, json=SHOW, headers=headers)
    assert first.status_code == 201
    forged = await ada.post(SCHEDULE, json=SHOW, headers={**headers, "X-CSRF-Token": "forged"})
    assert (forged.status_code, forged.json()["type"]) == (403, "/problems/csrf-token-wrong")
    bearer = await ada.post(SCHEDULE, json=SHOW, headers={**headers, "Authorization": "Bearer made-up"})
    assert bearer.status_code == 401


async def test_limits_of_the_body_hold_with_a_key_too(visit) -> None:
    browser = visit(max_body_bytes=1000, body_timeout_s=0.05)

    async def unannounced():  # type: ignore[no-untyped-def]
        for _ in range(20):
            yield b"x" * 100

    more = asyncio.Event()

    async def trickle():  # type: ignore[no-untyped-def]
        yield b"{"
        await more.wait()

    for content, slug in ((unannounced(), "too-large"), (trickle(), "too-slow")):
        answer = await browser.post("/api/v1/accounts", content=content, headers=keyed())
        assert answer.json()["type"] == f"/problems/{slug}"


async def test_when_nothing_can_be_kept_nothing_is_done(ada, kept_answers, monkeypatch) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("database-away", "The database is away.")

    monkeypatch.setattr(type(kept_answers), "claim", away)
    answer = await ada.post(SCHEDULE, json=SHOW, headers=keyed())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/database-away")
    assert await shows(ada) == 0


async def test_what_breaks_inside_frees_the_key(ada, use_cases, monkeypatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    headers = keyed()
    with monkeypatch.context() as patched:
        patched.setattr(type(use_cases.channel.add_schedule_entry), "__call__", broken)
        assert (await ada.post(SCHEDULE, json=SHOW, headers=headers)).status_code == 500
    assert (await ada.post(SCHEDULE, json=SHOW, headers=headers)).status_code == 201


# --- the store itself

ONE = request_key("ada", "k", method="POST", target=b"/", body=b"{}")
OTHER_BODY = request_key("ada", "k", method="POST", target=b"/", body=b"[]")
ANSWER = KeptAnswer(201, {"location": "/made"}, b'{"made":true}')


async def test_a_process_killed_over_a_request_holds_its_key_for_a_minute(
    kept_answers: PostgresKeptAnswers, clock: FakeClock
) -> None:
    died = await kept_answers.claim(ONE)
    assert isinstance(died, Claimed)
    clock.advance(CLAIMED_FOR - timedelta(seconds=1))
    assert await kept_answers.claim(ONE) == InProgress()
    clock.advance(timedelta(seconds=1))
    assert await kept_answers.claim(OTHER_BODY) == KeyReused(), "the key is still that of the first request"
    taken_over = await kept_answers.claim(ONE)
    assert isinstance(taken_over, Claimed)
    await kept_answers.complete(ONE, died.claim_id, KeptAnswer(500, {}, b"late"))
    await kept_answers.release(ONE, died.claim_id)
    assert await kept_answers.claim(ONE) == InProgress(), "who lost its claim changes nothing"
    await kept_answers.complete(ONE, taken_over.claim_id, ANSWER)
    assert await kept_answers.claim(ONE) == ANSWER
    await kept_answers.release(ONE, taken_over.claim_id)
    assert await kept_answers.claim(ONE) == ANSWER, "what was done is not forgotten"


async def test_of_many_that_claim_at_once_one_gets_it(kept_answers: PostgresKeptAnswers) -> None:
    outcomes = await asyncio.gather(*(kept_answers.claim(ONE) for _ in range(10)))
    assert sum(isinstance(outcome, Claimed) for outcome in outcomes) == 1
    assert outcomes.count(InProgress()) == 9


async def test_a_released_key_is_free(kept_answers: PostgresKeptAnswers) -> None:
    first = await kept_answers.claim(ONE)
    assert isinstance(first, Claimed)
    await kept_answers.release(ONE, first.claim_id)
    assert isinstance(await kept_answers.claim(OTHER_BODY), Claimed)


async def test_a_body_may_hold_any_bytes(kept_answers: PostgresKeptAnswers) -> None:
    claimed = await kept_answers.claim(ONE)
    assert isinstance(claimed, Claimed)
    answer = KeptAnswer(200, {"content-type": "application/zip"}, b"\0\xff" * (MAX_BODY_BYTES // 2))
    await kept_answers.complete(ONE, claimed.claim_id, answer)
    assert await kept_answers.claim(ONE) == answer


async def test_two_people_with_the_same_request_cannot_be_told_by_it(
    kept_answers: PostgresKeptAnswers, rows: Rows
) -> None:
    await kept_answers.claim(ONE)
    await kept_answers.claim(request_key("bob", "k", method="POST", target=b"/", body=b"{}"))
    first, second = await rows()
    assert first["fingerprint"] != second["fingerprint"]


@pytest.fixture
async def rotated(database_url: str, clock: FakeClock) -> AsyncIterator[PostgresKeptAnswers]:
    """After `livehouse secrets rotate`: the key of before still verifies."""
    engine = build_engine(database_url)
    ring = KeyRing("k2", {"k1": b"k" * 32, "k2": b"l" * 32})
    yield build_kept_answers(engine, clock, UuidV7Ids(clock), ring)
    await engine.dispose()


async def test_what_was_kept_before_the_keys_were_rotated_still_counts(
    kept_answers: PostgresKeptAnswers, rotated: PostgresKeptAnswers, clock: FakeClock, rows: Rows
) -> None:
    claimed = await kept_answers.claim(ONE)
    assert isinstance(claimed, Claimed)
    assert await rotated.claim(ONE) == InProgress()
    assert await rotated.claim(OTHER_BODY) == KeyReused()
    await kept_answers.complete(ONE, claimed.claim_id, ANSWER)
    assert await rotated.claim(ONE) == ANSWER
    assert await rotated.claim(OTHER_BODY) == KeyReused()
    assert len(await rows()) == 1
    clock.advance(KEPT_FOR)
    assert isinstance(await rotated.claim(OTHER_BODY), Claimed)


async def test_a_claim_of_before_the_keys_were_rotated_runs_out(
    kept_answers: PostgresKeptAnswers, rotated: PostgresKeptAnswers, clock: FakeClock
) -> None:
    await kept_answers.claim(ONE)
    clock.advance(CLAIMED_FOR)
    assert await rotated.claim(OTHER_BODY) == KeyReused(), "the key is still that of the first request"
    claimed = await rotated.claim(ONE)
    assert isinstance(claimed, Claimed)
    await rotated.complete(ONE, claimed.claim_id, ANSWER)
    assert await rotated.claim(ONE) == ANSWER


async def test_the_worker_forgets_what_is_old_or_too_much(
    kept_answers: PostgresKeptAnswers, clock: FakeClock, rows: Rows, monkeypatch
) -> None:
    monkeypatch.setattr("livehouse.web.idempotency.postgres_kept_answers.MAX_KEPT_PER_OWNER", 3)
    for number in range(5):
        await kept_answers.claim(request_key("ada", f"k{number}", method="POST", target=b"/", body=b""))
        clock.advance(timedelta(seconds=1))
    await kept_answers.claim(request_key("bob", "k", method="POST", target=b"/", body=b""))
    assert await kept_answers.purge() is False
    assert len(await rows()) == 4
    kept = request_key("ada", "k4", method="POST", target=b"/", body=b"")
    assert await kept_answers.claim(kept) == InProgress(), "the oldest went"
    clock.advance(KEPT_FOR)
    await kept_answers.purge()
    assert not await rows()
