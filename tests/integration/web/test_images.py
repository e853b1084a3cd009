"""Avatars and banners over HTTP."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tests.unit.images.uploads import opened, picture, png_of

from livehouse.web.options import WebOptions

pytestmark = pytest.mark.integration

AVATAR = "/api/v1/me/avatar"
BANNER = "/api/v1/channels/ada/banner"
LYING = {"Content-Type": "text/html"}


async def test_an_avatar_is_shown_wherever_its_owner_is(
    visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    sent = await ada.put(AVATAR, content=picture("JPEG"), headers=LYING)
    assert sent.status_code == 200, sent.text
    url = sent.json()["avatar_url"]
    stranger = visit()
    for path in ("/api/v1/people/ada", "/api/v1/channels/ada"):
        assert (await stranger.get(path)).json()["avatar_url"] == url
    assert (await ada.get("/api/v1/account")).json()["avatar_url"] == url
    assert (await ada.get("/api/v1/session")).json()["account"]["avatar_url"] == url
    await ada.patch("/api/v1/channels/ada", json={"category": "art"})
    await bob.put("/api/v1/channels/ada/follow")
    for path in ("/channels", "/channels?category=art", "/search?q=ada", "/me/following"):
        cards = (await bob.get(f"/api/v1{path}")).json()["channels"]
        assert {card["name"]: card["avatar_url"] for card in cards}["ada"] == url, path
    for suffix, side in (("", 300), ("-150", 150), ("-70", 70)):
        file = await stranger.get(url.replace(".webp", f"{suffix}.webp"))
        assert opened(file.content).size == (side, side)


async def test_lists_of_people_show_everybodys_picture(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient, root: httpx.AsyncClient
) -> None:
    of_ada, of_bob = [
        (await browser.put(AVATAR, content=picture())).json()["avatar_url"] for browser in (ada, bob)
    ]
    channel = "/api/v1/channels/ada"
    free = {"name": "Gold", "price": {"amount": 0, "currency": "EUR"}, "benefits": []}
    tier_id = (await ada.post(f"{channel}/tiers", json=free)).json()["id"]
    grant = {"account": "bob", "tier_id": tier_id, "months": 1}
    assert (await ada.post(f"{channel}/supporters", json=grant)).status_code == 201
    await bob.put(f"{channel}/follow")
    role = await ada.put(f"{channel}/roles/bob", json={"role": "vip"})
    assert role.json()["avatar_url"] == of_bob
    await root.put("/api/v1/account/blocks/bob")
    lists = [
        (ada, f"{channel}/followers", of_bob),
        (ada, f"{channel}/supporters", of_bob),
        (ada, f"{channel}/payments", of_bob),
        (ada, f"{channel}/roles", of_bob),
        (root, "/api/v1/account/blocks", of_bob),
        (bob, "/api/v1/me/subscriptions", of_ada),
        (root, "/api/v1/administration/accounts?prefix=bob", of_bob),
        (root, "/api/v1/administration/channels?query=bob", of_bob),
    ]
    for browser, path, url in lists:
        page = (await browser.get(path)).json()
        (people,) = (value for value in page.values() if isinstance(value, list))
        assert [one["avatar_url"] for one in people] == [url], path


async def test_a_file_is_a_picture_for_ever_and_nothing_that_runs(visit, ada: httpx.AsyncClient) -> None:
    url = (await ada.put(AVATAR, content=picture())).json()["avatar_url"]
    file = await visit().get(url)
    assert file.headers["content-type"] == "image/webp"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    again = await visit().get(url, headers={"If-None-Match": file.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await visit().head(url)
    assert (head.status_code, head.content) == (200, b"")


async def test_one_that_was_removed_is_shown_no_more(ada: httpx.AsyncClient) -> None:
    await ada.put(AVATAR, content=picture())
    await ada.put(BANNER, content=picture())
    for path in (AVATAR, BANNER, AVATAR, BANNER):
        assert (await ada.delete(path)).status_code == 204
    assert (await ada.get("/api/v1/account")).json()["avatar_url"] is None
    channel = (await ada.get("/api/v1/channels/ada")).json()
    assert (channel["avatar_url"], channel["banner_url"]) == (None, None)


async def test_a_banner_changes_the_channel_and_its_etag(visit, ada: httpx.AsyncClient) -> None:
    before = await ada.get("/api/v1/channels/ada")
    sent = await ada.put(BANNER, content=picture(size=(3000, 1000)))
    assert sent.status_code == 200
    after = await visit().get("/api/v1/channels/ada")
    assert after.json()["banner_url"] == sent.json()["banner_url"]
    assert after.headers["etag"] != before.headers["etag"]
    assert opened((await visit().get(sent.json()["banner_url"])).content).size == (1500, 500)


async def test_who_may_not(visit, ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    assert (await visit().put(AVATAR, content=picture())).status_code == 401
    assert (await visit().delete(AVATAR)).status_code == 401
    assert (await visit().put(BANNER, content=picture())).status_code == 401
    for answer in (await bob.put(BANNER, content=picture()), await bob.delete(BANNER)):
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")
    assert (await bob.put("/api/v1/channels/nobody/banner", content=picture())).status_code == 404
    del ada.headers["X-CSRF-Token"]
    assert (await ada.put(AVATAR, content=picture())).json()["type"] == "/problems/csrf-token-missing"


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "not-an-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image-type-not-taken"),
        (picture()[:200], "image-damaged"),
        (png_of(50_000, 50_000, b"\0" * 1000), "image-too-large"),
    ],
)
async def test_what_is_refused_changes_nothing(ada: httpx.AsyncClient, content: bytes, slug: str) -> None:
    answer = await ada.put(AVATAR, content=content, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    assert (await ada.get("/api/v1/account")).json()["avatar_url"] is None


async def test_more_bytes_than_are_taken(ada: httpx.AsyncClient) -> None:
    answer = await ada.put(AVATAR, content=bytes(10 * 2**20 + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    # Room for files is for files only.
    answer = await ada.post("/api/v1/session", content=bytes(WebOptions().max_body_bytes + 1))
    assert answer.status_code == 413


async def test_an_upload_that_trickles_in_is_given_up(visit) -> None:
    more = asyncio.Event()

    async def trickle():  # type: ignore[no-untyped-def]
        yield b"\x89PNG"
        await more.wait()

    browser = visit(upload_timeout_s=0.05)
    opened_account = await browser.post(
        "/api/v1/accounts", json={"name": "slow", "password": "correct horse battery"}
    )
    headers = {"X-CSRF-Token": opened_account.json()["csrf_token"]}
    answer = await browser.put(AVATAR, content=trickle(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (408, "/problems/too-slow")
    assert (await browser.put(AVATAR, content=picture(), headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "file",
    ["x", "..%2f..%2fsecrets%2ftoken.json", "0" * 40 + ".webp", "0" * 40 + "-70.webp", "%01", "a" * 500],
)
async def test_what_is_no_file_of_ours(visit, file: str) -> None:
    answer = await visit().get(f"/images/{file}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


async def test_avatars_have_a_limit_in_a_while(ada: httpx.AsyncClient) -> None:
    for _ in range(30):
        assert (await ada.put(AVATAR, content=b"no image")).status_code == 422
    answer = await ada.put(AVATAR, content=picture())
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-images")
    assert int(answer.headers["retry-after"]) > 0
