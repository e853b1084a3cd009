"""Following over HTTP, and two tabs at once."""

from __future__ import annotations

import asyncio

import httpx
import pytest

pytestmark = pytest.mark.integration

ADA = "/api/v1/channels/ada"


async def test_following_and_leaving(ada: httpx.AsyncClient, bob: httpx.AsyncClient, visit) -> None:
    answer = await bob.put(f"{ADA}/follow")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"followed_at": "2026-01-01T00:00:00Z", "notifies": True}
    answer = await bob.put(f"{ADA}/follow", json={"notifies": False})
    assert answer.json()["notifies"] is False
    relationship = (await bob.get(f"{ADA}/relationship")).json()
    assert relationship["roles"] == ["follower"]
    assert relationship["follow"] == {"followed_at": "2026-01-01T00:00:00Z", "notifies": False}
    assert (await visit().get(f"{ADA}/followers/count")).json() == {"followers": 1}
    following = (await bob.get("/api/v1/me/following")).json()
    assert following["channels"] == [
        {
            "id": (await bob.get(ADA)).json()["id"],
            "name": "ada",
            "display_name": "ada",
            "title": (await bob.get(ADA)).json()["title"],
            "category": "",
            "avatar_url": None,
            "is_live": False,
            "viewers": None,
            "followed_at": "2026-01-01T00:00:00Z",
            "notifies": False,
        }
    ]
    assert following["next_cursor"] is None
    followers = (await ada.get(f"{ADA}/followers")).json()
    assert [one["name"] for one in followers["followers"]] == ["bob"]
    for _ in range(2):
        assert (await bob.delete(f"{ADA}/follow")).status_code == 204
    assert (await visit().get(f"{ADA}/followers/count")).json() == {"followers": 0}
    assert (await bob.get(f"{ADA}/relationship")).json()["follow"] is None


async def test_refusals_are_problems(ada: httpx.AsyncClient, bob: httpx.AsyncClient, visit) -> None:
    refusals = [
        (await visit().put(f"{ADA}/follow"), 401, "sign-in-required"),
        (await ada.put(f"{ADA}/follow"), 409, "own-channel"),
        (await bob.put("/api/v1/channels/nobody/follow"), 404, "no-such-channel"),
        (await bob.get(f"{ADA}/followers"), 403, "not-allowed"),
        (await bob.get("/api/v1/me/following", params={"cursor": "rubbish"}), 400, "malformed-cursor"),
        (await visit().get(f"{ADA}/relationship"), 401, "sign-in-required"),
        (await bob.put(f"{ADA}/follow", json={"loudly": True}), 400, "invalid-request"),
    ]
    for answer, status, slug in refusals:
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text


async def test_the_blocked_are_refused(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    assert (await ada.put("/api/v1/account/blocks/bob")).status_code == 204
    refused = await bob.put(f"{ADA}/follow")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/follow-refused")


async def test_many_tabs_at_once_follow_once(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    for _ in range(3):
        answers = await asyncio.gather(*(bob.put(f"{ADA}/follow") for _ in range(6)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await bob.get(f"{ADA}/followers/count")).json() == {"followers": 1}
        turns = [act(f"{ADA}/follow") for _ in range(3) for act in (bob.put, bob.delete)]
        await asyncio.gather(*turns)
        is_following = (await bob.get(f"{ADA}/relationship")).json()["follow"] is not None
        counted = (await bob.get(f"{ADA}/followers/count")).json()["followers"]
        assert counted == int(is_following)
