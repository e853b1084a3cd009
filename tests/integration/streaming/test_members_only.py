"""A channel for members only: WHEP with playback tokens, on a real media node."""

from __future__ import annotations

import asyncio

import nats
import pytest
from tests.streaming_platform import NODE_ID, encoder_offer, player_offer, streaming_platform

from livehouse.channel.contract import ChannelId
from livehouse.streaming.adapters.nats_media_router import NatsMediaRouter

pytestmark = pytest.mark.integration
SDP = {"Content-Type": "application/sdp"}


async def test_media_of_a_channel_for_members_takes_a_token(database_url: str, nats_url: str) -> None:
    async with streaming_platform(database_url, nats_url) as platform:
        owner = await platform.open_channel()
        http = platform.http
        path = "/api/v1/channels/ada"
        changed = await http.patch(path, json={"privacy": "members_only"}, headers=owner.headers)
        assert changed.status_code == 200, changed.text
        assert (await platform.whip(owner.stream_key, encoder_offer())).status_code == 201

        refused = await platform.whep("ada")
        assert refused.status_code == 401, refused.text
        assert refused.headers["www-authenticate"].startswith("Bearer")
        login = await http.post("/whep/ada", content=player_offer(), headers={**SDP, **owner.headers})
        assert (login.status_code, login.json()["type"]) == (401, "/problems/playback-token-missing")
        assert (await http.post(f"{path}/playback-token")).status_code == 401

        issued = await http.post(f"{path}/playback-token", headers=owner.headers)
        assert issued.status_code == 200, issued.text
        token = issued.json()["token"]
        assert "no-store" in issued.headers["cache-control"]
        by_header = await http.post(
            "/whep/ada", content=player_offer(), headers={**SDP, "Authorization": f"Bearer {token}"}
        )
        by_parameter = await http.post(
            "/whep/ada", params={"token": token}, content=player_offer(), headers=SDP
        )
        assert (by_header.status_code, by_parameter.status_code) == (201, 201), by_header.text
        # What opens media opens nothing else, and a login has no business in an address.
        as_login = await http.get("/api/v1/account", headers={"Authorization": f"Bearer {token}"})
        assert as_login.status_code == 401
        secret = owner.headers["Authorization"].split()[1]
        in_address = await http.post(
            "/whep/ada", params={"token": secret}, content=player_offer(), headers=SDP
        )
        assert in_address.json()["type"] == "/problems/playback-token-refused"
        assert token not in in_address.text
        # Two run; a token is good for as many as one watches at once, and a place is free when one is closed.
        with_token = {**SDP, "Authorization": f"Bearer {token}"}
        more = await asyncio.gather(
            *(http.post("/whep/ada", content=player_offer(), headers=with_token) for _ in range(6))
        )
        assert sorted(answer.status_code for answer in more) == [201] * 2 + [403] * 4
        too_many = next(answer for answer in more if answer.status_code == 403)
        assert too_many.json()["type"] == "/problems/too-many-viewings"
        assert "4 places" in too_many.json()["detail"]
        assert (await http.delete(by_header.headers["location"])).status_code == 200
        again = await http.post("/whep/ada", content=player_offer(), headers=with_token)
        assert again.status_code == 201, again.text


async def test_a_media_node_tells_who_watches_and_closes_whom_it_is_told_to(
    database_url: str, nats_url: str
) -> None:
    async with streaming_platform(database_url, nats_url) as platform:
        owner = await platform.open_channel()
        await platform.whip(owner.stream_key, encoder_offer())
        channel = (await platform.http.get("/api/v1/channels/ada")).json()
        channel_id = ChannelId.parse(channel["id"])
        anonymous = await platform.whep("ada")
        known = await platform.http.post(
            "/whep/ada", content=player_offer(), headers={**SDP, **owner.headers}
        )
        connection = await nats.connect(nats_url)
        router = NatsMediaRouter(connection)
        assert set(await router.viewers(NODE_ID, channel_id)) == {None, channel["owner_id"]}
        await router.close_viewers(NODE_ID, channel_id, [None])
        assert list(await router.viewers(NODE_ID, channel_id)) == [channel["owner_id"]]
        await connection.close()
        assert (await platform.http.delete(anonymous.headers["location"])).status_code == 404
        assert (await platform.http.delete(known.headers["location"])).status_code == 200
