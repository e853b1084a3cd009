"""Channels over HTTP: lists, one channel with its ETag, changing one's own."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.contract import ChannelId
from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration


async def test_a_channel_as_everyone_sees_it(visit, ada: httpx.AsyncClient) -> None:
    answer = await visit().get("/api/v1/channels/ADA")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {
        "id", "name", "display_name", "owner_id", "title", "category", "category_slug", "tags", "language",
        "is_mature", "is_recorded",
        "ladder", "privacy", "chat_modes", "created_at", "broadcast", "chat",
        "avatar_url", "banner_url",
    }  # fmt: skip
    assert (body["name"], body["broadcast"], body["chat"]) == ("ada", None, {"room_url": "/chat/ada"})


@pytest.mark.parametrize("name", ["nobody", "x", "not a name", "api", "%01", "..%2f..%2fetc", "a" * 300])
async def test_what_is_no_channel_is_not_found(visit, name: str) -> None:
    answer = await visit().get(f"/api/v1/channels/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_owner_changes_it_and_the_etag_moves(ada: httpx.AsyncClient) -> None:
    before = await ada.get("/api/v1/channels/ada")
    answer = await ada.patch(
        "/api/v1/channels/ada",
        json={"title": "Painting the sea", "category": "Art"},
        headers={"If-Match": before.headers["etag"]},
    )
    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["category"]) == ("Painting the sea", "Art")
    assert answer.json()["category_slug"] == "art"
    unknown = await ada.patch("/api/v1/channels/ada", json={"category": "Underwater Basket Weaving"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/no-such-category")
    assert answer.headers["etag"] != before.headers["etag"]
    after = await ada.get("/api/v1/channels/ada")
    assert (after.json(), after.headers["etag"]) == (answer.json(), answer.headers["etag"])


async def test_a_change_on_top_of_an_old_state_is_refused(ada: httpx.AsyncClient) -> None:
    old = (await ada.get("/api/v1/channels/ada")).headers["etag"]
    await ada.patch("/api/v1/channels/ada", json={"title": "First"})
    for stale in (old, '"made-up"', f"W/{old}"):
        answer = await ada.patch("/api/v1/channels/ada", json={"title": "2nd"}, headers={"If-Match": stale})
        assert (answer.status_code, answer.json()["type"]) == (412, "/problems/channel-changed")
    answer = await ada.patch("/api/v1/channels/ada", json={"title": "x"}, headers={"If-Match": "no quotes"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-if-match")
    answer = await ada.patch("/api/v1/channels/ada", json={"title": "Any"}, headers={"If-Match": "*"})
    assert answer.json()["title"] == "Any"


async def test_an_unchanged_channel_is_not_sent_again(visit, ada: httpx.AsyncClient) -> None:
    browser = visit()
    etag = (await browser.get("/api/v1/channels/ada")).headers["etag"]
    for tags in (etag, f'"other", W/{etag}', "*"):
        answer = await browser.get("/api/v1/channels/ada", headers={"If-None-Match": tags})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    await ada.patch("/api/v1/channels/ada", json={"title": "New"})
    answer = await browser.get("/api/v1/channels/ada", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["title"]) == (200, "New")


async def test_only_the_owner_changes_it(visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    answer = await bob.patch("/api/v1/channels/ada", json={"title": "Bob's now"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")
    answer = await visit().patch("/api/v1/channels/ada", json={"title": "Anyone's"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"title": "x" * 141}, "title-too-long"),
        ({"title": "x" * 3001}, "invalid-request"),
        ({"titel": "typing error"}, "invalid-request"),
        ({"name": "other"}, "invalid-request"),
    ],
)
async def test_a_bad_change_says_what_is_wrong(
    ada: httpx.AsyncClient, change: dict[str, str], slug: str
) -> None:
    answer = await ada.patch("/api/v1/channels/ada", json=change)
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}")


async def test_titles_are_text(ada: httpx.AsyncClient) -> None:
    title = "<script>alert(1)</script> \u202etxt\u0007"
    answer = await ada.patch("/api/v1/channels/ada", json={"title": title})
    assert answer.json()["title"] == "<script>alert(1)</script> txt"


async def test_what_is_live_comes_first(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, database_url: str
) -> None:
    bob_id = ChannelId.parse((await bob.get("/api/v1/channels/bob")).json()["id"])
    engine = build_engine(database_url)
    async with PostgresChannelUnitOfWork(engine) as unit:
        await unit.directory.broadcast_started(bob_id, "brd_1", datetime(2026, 1, 1, 12, tzinfo=UTC))
        await unit.directory.viewers_counted(bob_id, "brd_1", 3)
    await engine.dispose()
    browser = visit()
    everyone = (await browser.get("/api/v1/channels")).json()
    assert [(card["name"], card["is_live"]) for card in everyone["channels"]] == [
        ("bob", True),
        ("ada", False),
    ]
    live = (await browser.get("/api/v1/channels?live=true")).json()
    (card,) = live["channels"]
    assert set(card) == {
        "id", "name", "display_name", "title", "category", "category_slug", "tags", "language", "is_mature",
        "privacy", "is_live", "viewers", "started_at", "avatar_url",
    }  # fmt: skip
    assert (card["viewers"], card["started_at"], live["next_cursor"]) == (3, "2026-01-01T12:00:00Z", None)
    first = (await browser.get("/api/v1/channels?limit=1")).json()
    second = (
        await browser.get("/api/v1/channels", params={"limit": 1, "cursor": first["next_cursor"]})
    ).json()
    link = (await browser.get("/api/v1/channels?limit=1")).headers["link"]
    path, rel = link.split(">; ")
    assert (rel, (await browser.get(path.removeprefix("<"))).json()) == ('rel="next"', second)
    assert "link" not in (await browser.get("/api/v1/channels")).headers
    assert [first["channels"], second["channels"]] == [everyone["channels"][:1], everyone["channels"][1:]]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=x", "live=perhaps"])
async def test_a_bad_list_request_is_refused(visit, query: str) -> None:
    answer = await visit().get(f"/api/v1/channels?{query}")
    assert answer.status_code == 400


async def test_settings_over_http(visit, ada: httpx.AsyncClient) -> None:
    answer = await ada.patch(
        "/api/v1/channels/ada",
        json={
            "tags": ["Malerei", "海"],
            "language": "de",
            "is_mature": True,
            "is_recorded": True,
            "ladder": [480, 720],
            "privacy": "members_only",
            "chat_modes": {"slow_mode_s": 30, "followers_only_min": 10},
        },
    )
    assert answer.status_code == 200, answer.text
    shown = (await visit().get("/api/v1/channels/ada")).json()
    assert (shown["tags"], shown["language"], shown["ladder"]) == (["Malerei", "海"], "de", [720, 480])
    assert (shown["is_mature"], shown["is_recorded"], shown["privacy"]) == (True, True, "members_only")
    modes = {"slow_mode_s": 30, "followers_only_min": 10, "members_only": False, "emotes_only": False}
    assert shown["chat_modes"] == modes
    answer = await ada.patch(
        "/api/v1/channels/ada", json={"chat_modes": {"followers_only_min": None, "emotes_only": True}}
    )
    assert answer.json()["chat_modes"] == {**modes, "followers_only_min": None, "emotes_only": True}
    assert answer.json()["tags"] == ["Malerei", "海"], "what was not named stays"
    (card,) = (await visit().get("/api/v1/channels")).json()["channels"]
    assert (card["privacy"], card["language"], card["tags"]) == ("members_only", "de", ["Malerei", "海"])
    await ada.patch("/api/v1/channels/ada", json={"privacy": "unlisted"})
    assert (await visit().get("/api/v1/channels")).json()["channels"] == []
    assert (await visit().get("/api/v1/channels/ada")).status_code == 200


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"tags": ["two words"]}, "malformed-tag"),
        ({"tags": [f"tag{number}" for number in range(11)]}, "too-many-tags"),
        ({"language": "english"}, "malformed-language"),
        ({"ladder": [1]}, "malformed-ladder"),
        ({"chat_modes": {"slow_mode_s": 10**30}}, "slow-mode-range"),
        ({"chat_modes": {"followers_only_min": -1}}, "followers-only-range"),
        ({"chat_modes": {"slow": 1}}, "invalid-request"),
        ({"privacy": "secret"}, "invalid-request"),
    ],
)
async def test_settings_that_cannot_be(ada: httpx.AsyncClient, body: object, slug: str) -> None:
    answer = await ada.patch("/api/v1/channels/ada", json=body)
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{slug}")
