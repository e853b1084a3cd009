"""What administrators do, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.wiring.accounts import build_appoint_administrator
from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration

PEOPLE = "/api/v1/administration/accounts"


@pytest.fixture
async def administrator(ada: httpx.AsyncClient, database_url: str, clock: FakeClock) -> httpx.AsyncClient:
    engine = build_engine(database_url)
    await build_appoint_administrator(engine, clock, UuidV7Ids(clock))("ada", is_administrator=True)
    await engine.dispose()
    clock.advance(timedelta(seconds=1))
    return ada


async def test_a_suspended_account_may_no_longer_act_and_hears_why(
    administrator: httpx.AsyncClient, bob: httpx.AsyncClient, clock: FakeClock
) -> None:
    until = (clock.now() + timedelta(days=1)).isoformat()
    answer = await administrator.put(f"{PEOPLE}/Bob/suspension", json={"reason": "spam", "until": until})
    assert answer.status_code == 200, answer.text
    assert answer.json()["suspension"] == {"reason": "spam", "until": "2026-01-02T00:00:01Z"}
    refused = await bob.patch("/api/v1/channels/bob", json={"title": "Still here"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/account-suspended")
    assert refused.json()["detail"] == "Your account is suspended until 2026-01-02 00:00 UTC: spam"
    assert refused.json()["title"] == "Account suspended"
    assert (await bob.get("/api/v1/channels/ada")).status_code == 200, "what visitors may, bob may"
    assert (await bob.get("/api/v1/session")).json()["account"]["name"] == "bob"
    clock.advance(timedelta(seconds=1))
    lifted = await administrator.delete(f"{PEOPLE}/bob/suspension", params={"reason": "a mistake"})
    assert lifted.status_code == 204
    assert (await bob.patch("/api/v1/channels/bob", json={"title": "Back"})).status_code == 200
    log = (await administrator.get("/api/v1/administration/audit-log")).json()
    assert [(one["what"], one["subject_name"], one["by_name"]) for one in log["entries"]] == [
        ("lift_suspension", "bob", "ada"),
        ("suspend_account", "bob", "ada"),
        ("make_administrator", "ada", None),
    ]
    people = (await administrator.get(PEOPLE, params={"prefix": "b"})).json()
    assert [one["name"] for one in people["accounts"]] == ["bob"]
    assert (await administrator.get(f"{PEOPLE}/bob")).json()["suspension"] is None


async def test_what_administrators_do_is_written_down(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, root: httpx.AsyncClient
) -> None:
    offered = {"name": "Gold", "price": {"amount": 500, "currency": "EUR"}, "benefits": []}
    channel = "/api/v1/channels/ada"
    tier_id = (await ada.post(f"{channel}/tiers", json=offered)).json()["id"]
    references = []
    for word in ("refuse", "confirm"):
        asked = await bob.post(f"{channel}/subscription", json={"tier_id": tier_id})
        payment = asked.json()["payment"]
        references.append(payment["reference"])
        assert (await root.post(f"{channel}/payments/{payment['id']}/{word}")).status_code == 200
    months = {"account": "bob", "tier_id": tier_id, "months": 2}
    for browser in (root, ada):
        assert (await browser.post(f"{channel}/supporters", json=months)).status_code == 201
    categories = "/api/v1/administration/categories"
    for name in ("Kites", "Boats", "Planes"):
        assert (await root.post(categories, json={"name": name})).status_code == 201
    assert (await root.patch(f"{categories}/kites", json={"name": "Dragons"})).status_code == 200
    assert (await root.patch(f"{categories}/boats", json={})).status_code == 200, "nothing was changed"
    assert (await root.delete(f"{categories}/boats", params={"into": "dragons"})).status_code == 204
    assert (await root.delete(f"{categories}/planes")).status_code == 204
    assert (await root.delete(f"{channel}/broadcast")).json()["type"] == "/problems/not-live"
    entries = (await root.get("/api/v1/administration/audit-log")).json()["entries"]
    log = [one for one in entries if one["what"] != "make_administrator"]
    # All at one moment of this clock, so in no order.
    assert {(one["what"], one["subject_name"], one["reason"]) for one in log} == {
        ("refuse_payment", "ada", f"5.00 EUR, {references[0]}"),
        ("confirm_payment", "ada", f"5.00 EUR, {references[1]}"),
        ("grant_subscription", "bob", "Months: 2, of 'Gold' at 'ada'"),
        ("create_category", "Kites", ""),
        ("create_category", "Boats", ""),
        ("create_category", "Planes", ""),
        ("change_category", "Kites", "now 'Dragons'"),
        ("merge_category", "Boats", "into 'Dragons'"),
        ("remove_category", "Planes", ""),
    }
    assert len(log) == 9
    assert {one["by_name"] for one in log} == {"in_charge"}


async def test_others_see_nothing_of_it(bob: httpx.AsyncClient, visit) -> None:
    for path in (PEOPLE, f"{PEOPLE}/bob", "/api/v1/administration/audit-log"):
        answer = await bob.get(path)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")
        answer = await visit().get(path)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-required")
    answer = await bob.put(f"{PEOPLE}/bob/suspension", json={"reason": "me"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"reason": "x", "until": "2020-01-01T00:00:00Z"}, {"reason": "x", "until": "soon"}],
)
async def test_a_bad_suspension_is_refused(administrator: httpx.AsyncClient, bob, body: object) -> None:
    assert (await administrator.put(f"{PEOPLE}/bob/suspension", json=body)).status_code == 400
