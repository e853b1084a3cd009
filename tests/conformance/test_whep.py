"""WHEP as draft-ietf-wish-whep-03 has it, against the real door, media node and servers."""

import re

import pytest
from tests.conformance.test_whip import FRAGMENT, SDP, assert_problem, credentials, fragment
from tests.streaming_platform import ChannelOwner, StreamingPlatform, player_offer

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(platform: StreamingPlatform) -> ChannelOwner:
    """Someone whose encoder has just been answered."""
    owner = await platform.open_channel()
    assert (await platform.whip(owner.stream_key)).status_code == 201
    return owner


async def test_4_1_get_has_no_content_and_head_tells_the_type(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    for method in ("GET", "HEAD"):
        answer = await platform.http.request(method, f"/whep/{owner.name}")
        assert answer.status_code == 200
        assert answer.content == b""
        assert answer.headers["content-type"] == SDP
    assert_problem(await platform.http.get("/whep/nobody"), 404)


async def test_4_2_offer_is_answered_201_with_location_and_answer(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    answer = await platform.whep(owner.name)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == SDP
    assert re.fullmatch(r"/whep/sessions/node-a\.p[\w-]{43}", answer.headers["location"])
    assert re.fullmatch(r'"[^"]+"', answer.headers["etag"])
    assert "a=sendonly" in answer.text
    assert "a=recvonly" not in answer.text
    assert "a=candidate:" in answer.text


async def test_4_2_channel_that_is_not_live_is_409_with_retry_after(platform: StreamingPlatform) -> None:
    await platform.open_channel()
    answer = await platform.whep("ada")
    assert_problem(answer, 409, "not-live")
    assert int(answer.headers["retry-after"]) > 0


async def test_unknown_channel_is_404(platform: StreamingPlatform) -> None:
    assert_problem(await platform.whep("nobody"), 404, "no-such-channel")


async def test_4_2_wrong_type_is_415_and_malformed_sdp_400(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    answer = await platform.http.post(
        f"/whep/{owner.name}", content=player_offer(), headers={"Content-Type": "text/plain"}
    )
    assert_problem(answer, 415)
    assert_problem(await platform.whep(owner.name, "nonsense"), 400)


async def test_4_2_offer_that_only_sends_is_422(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    offer = player_offer().replace("a=recvonly", "a=sendonly")
    assert_problem(await platform.whep(owner.name, offer), 422)


async def test_4_3_delete_ends_the_session(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    location = (await platform.whep(owner.name)).headers["location"]
    assert (await platform.http.delete(location)).status_code == 200
    assert_problem(await platform.http.delete(location), 404, "no-such-session")


@pytest.mark.parametrize("path", ["node-a.pshort", "x", "node-b.p" + "A" * 43, "..p" + "A" * 43])
async def test_made_up_session_is_404_or_503(platform: StreamingPlatform, path: str) -> None:
    answer = await platform.http.delete(f"/whep/sessions/{path}")
    assert answer.status_code in ((503,) if path.startswith("node-b") else (404,))


async def test_4_3_options_for_cors(platform: StreamingPlatform) -> None:
    answer = await platform.http.options("/whep/ada", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 200
    assert answer.headers["accept-post"] == SDP
    assert answer.headers["access-control-allow-origin"] == "*"
    for header in ("location", "etag", "link"):
        assert header in answer.headers["access-control-expose-headers"].lower()


async def test_4_4_1_preconditions_of_patch(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    opened = await platform.whep(owner.name)
    body = fragment(*credentials(player_offer()))
    for if_match, status in ((None, 428), ('"stale"', 412), (opened.headers["etag"], 204)):
        headers = {"Content-Type": FRAGMENT} | ({} if if_match is None else {"If-Match": if_match})
        answer = await platform.http.patch(opened.headers["location"], content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert "etag" not in answer.headers


async def test_4_4_3_ice_restart(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    opened = await platform.whep(owner.name)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k"),
        headers={"Content-Type": FRAGMENT, "If-Match": "*"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == FRAGMENT
    assert answer.headers["etag"] != opened.headers["etag"]
    assert credentials(answer.text) != credentials(opened.text)


async def test_4_7_ice_servers_come_as_links(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    links = (await platform.whep(owner.name)).headers.get_list("link")
    assert links[0] == '<stun:stun.example.org>; rel="ice-server"'


async def test_4_8_unknown_bearer_token_is_401(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    answer = await platform.http.post(
        f"/whep/{owner.name}",
        content=player_offer(),
        headers={"Content-Type": SDP, "Authorization": "Bearer nobody"},
    )
    assert_problem(answer, 401)


async def test_other_methods_are_405(platform: StreamingPlatform) -> None:
    answer = await platform.http.put("/whep/ada", content="x")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
