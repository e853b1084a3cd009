"""The name is shown in the letters its owner likes, wherever they stand."""

import httpx
import pytest

pytestmark = pytest.mark.integration


async def test_a_name_is_shown_as_its_owner_writes_it(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, root: httpx.AsyncClient
) -> None:
    channel = "/api/v1/channels/ada"
    assert (await visit().get(channel)).json()["display_name"] == "ada"
    for browser, written in ((ada, "AdA"), (bob, "BoB")):
        assert (await browser.patch("/api/v1/account", json={"display_name": written})).status_code == 200
    # At once, although it was read a moment ago.
    assert (await visit().get(channel)).json()["display_name"] == "AdA"
    free = {"name": "Gold", "price": {"amount": 0, "currency": "EUR"}, "benefits": []}
    tier_id = (await ada.post(f"{channel}/tiers", json=free)).json()["id"]
    grant = {"account": "bob", "tier_id": tier_id, "months": 1}
    assert (await ada.post(f"{channel}/supporters", json=grant)).status_code == 201
    await bob.put(f"{channel}/follow")
    assert (await ada.put(f"{channel}/roles/bob", json={"role": "vip"})).json()["display_name"] == "BoB"
    await root.put("/api/v1/account/blocks/bob")
    lists = [
        (bob, "/api/v1/search?q=ADA", "display_name", "AdA"),
        (bob, "/api/v1/me/following", "display_name", "AdA"),
        (bob, "/api/v1/me/subscriptions", "channel_display_name", "AdA"),
        (ada, f"{channel}/followers", "display_name", "BoB"),
        (ada, f"{channel}/supporters", "display_name", "BoB"),
        (ada, f"{channel}/payments", "display_name", "BoB"),
        (ada, f"{channel}/roles", "display_name", "BoB"),
        (root, "/api/v1/account/blocks", "display_name", "BoB"),
    ]
    for browser, path, field, written in lists:
        page = (await browser.get(path)).json()
        shown = next(value for value in page.values() if isinstance(value, list) and value)
        assert [one[field] for one in shown] == [written], path
    cards = (await visit().get("/api/v1/channels?limit=100")).json()["channels"]
    assert {card["name"]: card["display_name"] for card in cards}["ada"] == "AdA"


async def test_signing_up_keeps_the_letters_as_typed(visit) -> None:
    browser = visit()
    body = {"name": "Fresh_One", "password": "a password of some length"}
    account = (await browser.post("/api/v1/accounts", json=body)).json()["account"]
    assert (account["name"], account["display_name"]) == ("fresh_one", "Fresh_One")
    assert (await visit().get("/api/v1/channels/FRESH_one")).json()["display_name"] == "Fresh_One"
