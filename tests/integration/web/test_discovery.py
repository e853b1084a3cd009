"""Categories, narrowed lists, search and statistics over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from livehouse.channel.adapters.postgres import PostgresChannelUnitOfWork
from livehouse.channel.contract import ChannelId
from livehouse.channel.domain.broadcast_statistics import BroadcastStatistics
from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration

START = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = "/api/v1/administration/categories"


async def go_live(browser: httpx.AsyncClient, name: str, database_url: str, viewers: int) -> ChannelId:
    channel_id = ChannelId.parse((await browser.get(f"/api/v1/channels/{name}")).json()["id"])
    engine = build_engine(database_url)
    async with PostgresChannelUnitOfWork(engine) as unit:
        await unit.directory.broadcast_started(channel_id, "brd_1", START)
        await unit.directory.viewers_counted(channel_id, "brd_1", viewers)
    await engine.dispose()
    return channel_id


@pytest.fixture
async def grace(bob: httpx.AsyncClient, database_url: str) -> httpx.AsyncClient:
    """Bob's browser, made an administrator's."""
    engine = build_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE accounts.account SET is_administrator = true WHERE name = 'bob'")
        )
    await engine.dispose()
    return bob


async def test_lists_are_narrowed(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, database_url
) -> None:
    settings = {"category": "music", "tags": ["Jazz", "Piano"], "language": "fr"}
    changed = await ada.patch("/api/v1/channels/ada", json=settings)
    assert (changed.json()["category"], changed.json()["category_slug"]) == ("Music", "music")
    await go_live(ada, "ada", database_url, 3)
    browser = visit()
    for query, expected in (
        ("", ["ada", "bob"]),
        ("category=music", ["ada"]),
        ("category=art", []),
        ("tag=JAZZ", ["ada"]),
        ("tag=polka", []),
        ("language=fr&live=true", ["ada"]),
        ("language=de", []),
        ("category=music&tag=piano&language=FR&live=true", ["ada"]),
    ):
        answer = await browser.get(f"/api/v1/channels?{query}")
        assert [card["name"] for card in answer.json()["channels"]] == expected, query
    (card,) = (await browser.get("/api/v1/channels?tag=jazz")).json()["channels"]
    assert (card["category"], card["category_slug"], card["tags"]) == ("Music", "music", ["Jazz", "Piano"])
    missing = await browser.get("/api/v1/channels?category=nothing")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/no-such-category")
    assert (await browser.get("/api/v1/channels?language=french")).status_code == 400


async def test_what_one_follows_says_what_is_live(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, database_url: str
) -> None:
    await ada.patch("/api/v1/channels/ada", json={"category": "music"})
    await bob.put("/api/v1/channels/ada/follow")
    await go_live(ada, "ada", database_url, 3)
    (followed,) = (await bob.get("/api/v1/me/following")).json()["channels"]
    assert (followed["category"], followed["is_live"], followed["viewers"]) == ("Music", True, 3)


async def test_search_finds_with_a_typing_error(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await ada.patch("/api/v1/channels/ada", json={"title": "Painting the sea"})
    browser = visit()
    for asked in ("ada", "ADA", "adaa", "painting sea", "sea"):
        answer = (await browser.get("/api/v1/search", params={"q": asked})).json()
        assert [card["name"] for card in answer["channels"]] == ["ada"], asked
    answer = (await browser.get("/api/v1/search?q=musci&type=categories")).json()
    assert ([card["slug"] for card in answer["categories"]], answer["channels"]) == (["music"], [])
    assert (await browser.get("/api/v1/search?q=ada&type=channels")).json()["categories"] == []
    await ada.patch("/api/v1/channels/ada", json={"privacy": "unlisted"})
    assert (await browser.get("/api/v1/search?q=ada")).json()["channels"] == []


@pytest.mark.parametrize(
    "query", ["", "q=", "q=%20", "q=" + "x" * 61, "q=a&type=people", "q=a&limit=0", "q=a&limit=51"]
)
async def test_a_bad_search_is_refused(visit, query: str) -> None:
    answer = await visit().get(f"/api/v1/search?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_categories_are_listed_by_how_many_watch(visit, ada: httpx.AsyncClient, database_url) -> None:
    await ada.patch("/api/v1/channels/ada", json={"category": "Chess"})
    await go_live(ada, "ada", database_url, 5)
    browser = visit()
    page = (await browser.get("/api/v1/categories?limit=2")).json()
    assert page["categories"][0] == {
        "slug": "chess",
        "name": "Chess",
        "description": "",
        "box_art": None,
        "live_channels": 1,
        "viewers": 5,
    }
    following = await browser.get("/api/v1/categories", params={"limit": 2, "cursor": page["next_cursor"]})
    assert len(following.json()["categories"]) == 2
    assert (await browser.get("/api/v1/categories/chess")).json() == page["categories"][0]
    names = [one["name"] for one in (await browser.get("/api/v1/categories?query=game")).json()["categories"]]
    assert set(names) >= {"Games", "Board and Card Games", "Software and Games Development"}
    assert (await browser.get("/api/v1/categories/nothing")).status_code == 404


async def test_administrators_keep_the_categories(
    visit, ada: httpx.AsyncClient, grace: httpx.AsyncClient
) -> None:
    made = await grace.post(CATEGORIES, json={"name": "Kites", "description": "Up in the air"})
    assert (made.status_code, made.json()["slug"]) == (201, "kites")
    taken = await grace.post(CATEGORIES, json={"name": "KITES"})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/category-taken")
    await ada.patch("/api/v1/channels/ada", json={"category": "kites"})
    renamed = await grace.patch(f"{CATEGORIES}/kites", json={"name": "Kite flying"})
    assert (renamed.json()["slug"], renamed.json()["description"]) == ("kite-flying", "Up in the air")
    browser = visit()
    assert (await browser.get("/api/v1/categories/kites")).json()["slug"] == "kite-flying"
    assert (await browser.get("/api/v1/channels/ada")).json()["category"] == "Kite flying"
    assert (await grace.delete(f"{CATEGORIES}/kite-flying?into=sports")).status_code == 204
    assert (await browser.get("/api/v1/channels/ada")).json()["category_slug"] == "sports"
    assert (await browser.get("/api/v1/categories/kites")).json()["slug"] == "sports"
    assert (await grace.delete(f"{CATEGORIES}/sports")).status_code == 204
    assert (await browser.get("/api/v1/channels/ada")).json()["category"] == ""
    for method, path, body in (
        ("POST", CATEGORIES, {"name": "Mine"}),
        ("PATCH", f"{CATEGORIES}/art", {"name": "Mine"}),
        ("DELETE", f"{CATEGORIES}/art", None),
    ):
        assert (await ada.request(method, path, json=body)).status_code == 403
        assert (await visit().request(method, path, json=body)).status_code == 401


async def test_a_category_is_changed_as_it_was_when_it_was_loaded(
    visit, grace: httpx.AsyncClient, ada: httpx.AsyncClient, database_url
) -> None:
    browser = visit()
    made = await grace.post(CATEGORIES, json={"name": "Kites"})
    loaded = await browser.get("/api/v1/categories/kites")
    etag = loaded.headers["etag"]
    assert made.headers["etag"].partition("-")[0] == etag.partition("-")[0] == '"1'
    again = await browser.get("/api/v1/categories/kites", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    address = f"{CATEGORIES}/kites"
    changed = await grace.patch(address, json={"description": "Up"}, headers={"If-Match": etag})
    assert (changed.status_code, changed.headers["etag"].partition("-")[0]) == (200, '"2')
    for method, path, body in (
        ("PATCH", address, {"description": "In the air"}),
        ("DELETE", address, None),
        ("DELETE", f"{address}?into=sports", None),
    ):
        late = await grace.request(method, path, json=body, headers={"If-Match": etag})
        assert (late.status_code, late.json()["type"]) == (412, "/problems/category-changed")
    await ada.patch("/api/v1/channels/ada", json={"category": "kites"})
    await go_live(ada, "ada", database_url, 5)
    watched = await browser.get("/api/v1/categories/kites")
    assert (watched.json()["description"], watched.json()["viewers"]) == ("Up", 5)
    malformed = await grace.delete(address, headers={"If-Match": "kites"})
    assert (malformed.status_code, malformed.json()["type"]) == (400, "/problems/malformed-if-match")
    fresh = {"If-Match": changed.headers["etag"]}
    assert (await grace.delete(address, headers=fresh)).status_code == 204, "viewers are no change"


async def test_a_show_has_a_category(ada: httpx.AsyncClient) -> None:
    show = {
        "title": "Painting",
        "starts_at": "2026-03-27T20:00",
        "time_zone": "UTC",
        "duration_min": 60,
        "category": "art",
    }
    made = (await ada.post("/api/v1/channels/ada/schedule", json=show)).json()
    assert (made["category"], made["category_slug"]) == ("Art", "art")
    address = f"/api/v1/channels/ada/schedule/{made['id']}"
    assert (await ada.patch(address, json={"title": "Drawing"})).json()["category"] == "Art"
    assert b"CATEGORIES:Art" in (await ada.get("/api/v1/channels/ada/schedule.ics")).content
    assert (await ada.patch(address, json={"category": ""})).json()["category_slug"] is None
    assert (await ada.patch(address, json={"category": "nothing"})).status_code == 404


async def test_statistics(visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient, database_url, clock) -> None:
    channel_id = await go_live(ada, "ada", database_url, 5)
    begun = clock.now() - timedelta(hours=2)
    ended = BroadcastStatistics(channel_id, "brd_0", "Painting", begun, begun, 10)
    ended = ended.counted(8, begun + timedelta(minutes=30)).ended(begun + timedelta(hours=1), 25)
    engine = build_engine(database_url)
    async with PostgresChannelUnitOfWork(engine) as unit:
        await unit.statistics.save(ended)
    await engine.dispose()
    await bob.put("/api/v1/channels/ada/follow")
    public = await visit().get("/api/v1/channels/ada/statistics")
    assert public.json() == {
        "followers": 1,
        "viewers": 5,
        "hours_streamed": 1.0,
        "hours_streamed_30_days": 1.0,
    }
    address = "/api/v1/channels/ada/statistics/broadcasts"
    detail = (await ada.get(address)).json()
    assert detail["broadcasts"] == [
        {
            "broadcast_id": "brd_0",
            "title": "Painting",
            "started_at": begun.isoformat().replace("+00:00", "Z"),
            "ended_at": (begun + timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
            "hours_streamed": 1.0,
            "average_viewers": 4.0,
            "peak_viewers": 8,
            "messages": 15,
        }
    ]
    assert detail["last_30_days"] == {
        "broadcasts": 1,
        "hours_streamed": 1.0,
        "average_viewers": 4.0,
        "peak_viewers": 8,
        "messages": 15,
    }
    assert (await bob.get(address)).status_code == 403
    assert (await visit().get(address)).status_code == 401
