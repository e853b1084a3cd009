"""Several stream keys with names and ends, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from cpc.kernel.clock import FakeClock

pytestmark = pytest.mark.integration

KEYS = "/api/v1/channels/ada/stream-keys"


async def test_a_key_lives_until_it_was_said(visit, ada: httpx.AsyncClient, clock: FakeClock) -> None:
    ends = clock.now() + timedelta(days=2)
    made = await ada.post(KEYS, json={"name": "Guest", "expires_at": ends.isoformat()})
    assert (made.status_code, made.json()["expires_at"]) == (201, "2026-01-03T00:00:00Z")
    (listed,) = (await ada.get(KEYS)).json()["stream_keys"]
    assert (listed["name"], listed["last_used_at"]) == ("Guest", None)
    assert "stream_key" not in listed
    clock.advance(timedelta(days=2))
    assert (await ada.get(KEYS)).json()["stream_keys"] == []
    headers = {"Authorization": f"Bearer {made.json()['stream_key']}", "Content-Type": "application/sdp"}
    refused = await visit().post("/whip", content="v=0\r\n", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/stream-key-expired")
    assert "WWW-Authenticate" in refused.headers


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "expires_at": "2025-01-01T00:00:00Z"},
        {"name": "x", "expires_at": "2096-01-01T00:00:00Z"},
        {"name": "x", "expires_at": "2026-02-01T00:00:00Z", "expires_in_s": 3600},
        {"name": "x", "expires_at": "2026-02-01T00:00:00"},
        {"name": " "},
    ],
)
async def test_a_key_that_cannot_be(ada: httpx.AsyncClient, body: object) -> None:
    assert (await ada.post(KEYS, json=body)).status_code == 400


async def test_a_channel_has_ten_keys_at_most(ada: httpx.AsyncClient) -> None:
    for number in range(10):
        assert (await ada.post(KEYS, json={"name": f"Encoder {number}"})).status_code == 201
    refused = await ada.post(KEYS, json={"name": "one more"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-stream-keys")
    keys = (await ada.get(KEYS)).json()["stream_keys"]
    assert (await ada.delete(f"{KEYS}/{keys[3]['id']}")).status_code == 204
    assert (await ada.post(KEYS, json={"name": "one more"})).status_code == 201
    names = {key["name"] for key in (await ada.get(KEYS)).json()["stream_keys"]}
    assert names == {*(key["name"] for key in keys), "one more"} - {keys[3]["name"]}


async def test_keys_made_at_once_are_counted_one_after_the_other(ada: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(ada.post(KEYS, json={"name": f"Key {number}"}) for number in range(14)))
    assert sorted(answer.status_code for answer in answers) == [*[201] * 10, *[409] * 4]
