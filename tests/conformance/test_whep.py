"""WHEP as draft-ietf-wish-whep-03 has it, against the real door, media node and servers, clause by clause.

The draft lets a server answer an offer by one of its own (section 4.2.2, 406) and demands it nowhere: this
one accepts offers or refuses them.
"""

import re

import pytest
from tests.conformance.exchange import (
    FRAGMENT,
    SDP,
    USELESS_CANDIDATES,
    assert_problem,
    credentials,
    fragment,
)
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


async def test_4_2_1_offer_is_answered_201_with_location_and_answer(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    answer = await platform.whep(owner.name)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == SDP
    assert re.fullmatch(r"/whep/sessions/node-a\.p[\w-]{43}", answer.headers["location"])
    assert re.fullmatch(r'"[^"]+"', answer.headers["etag"])
    assert re.search(r"^a=candidate:.* typ host", answer.text, re.MULTILINE)


async def test_4_2_2_no_header_turns_a_refusal_into_what_looks_like_a_counter_offer(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    for accept in ("text/html", "application/sdp;q=0"):
        answer = await platform.http.post(
            f"/whep/{owner.name}", content=player_offer(), headers={"Content-Type": SDP, "Accept": accept}
        )
        assert answer.status_code == 201, accept
        assert answer.headers["content-type"] == SDP


@pytest.mark.parametrize("direction", ["recvonly", "sendrecv"])
async def test_4_2_5_answer_is_sendonly(
    platform: StreamingPlatform, owner: ChannelOwner, direction: str
) -> None:
    offer = player_offer().replace("a=recvonly", f"a={direction}")
    answer = await platform.whep(owner.name, offer)
    assert answer.status_code == 201, answer.text
    directions = re.findall(r"^a=(sendonly|recvonly|sendrecv|inactive)\r?$", answer.text, re.MULTILINE)
    assert set(directions) == {"sendonly"}


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_4_2_5_other_directions_are_422(
    platform: StreamingPlatform, owner: ChannelOwner, direction: str
) -> None:
    offer = player_offer().replace("a=recvonly", f"a={direction}")
    assert_problem(await platform.whep(owner.name, offer), 422)


async def test_4_2_8_channel_that_is_not_live_is_409_with_retry_after(platform: StreamingPlatform) -> None:
    await platform.open_channel()
    answer = await platform.whep("ada")
    assert_problem(answer, 409, "not-live")
    assert int(answer.headers["retry-after"]) > 0


async def test_unknown_channel_is_404(platform: StreamingPlatform) -> None:
    assert_problem(await platform.whep("nobody"), 404, "no-such-channel")


async def test_4_2_4_wrong_type_is_415_and_malformed_sdp_400(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    answer = await platform.http.post(
        f"/whep/{owner.name}", content=player_offer(), headers={"Content-Type": "text/plain"}
    )
    assert_problem(answer, 415)
    assert_problem(await platform.whep(owner.name, "nonsense"), 400)


async def test_4_3_delete_ends_the_session(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    location = (await platform.whep(owner.name)).headers["location"]
    assert (await platform.http.delete(location)).status_code == 200
    assert_problem(await platform.http.delete(location), 404, "no-such-session")


async def test_4_4_1_an_entity_tag_of_a_delete_is_ignored(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    location = (await platform.whep(owner.name)).headers["location"]
    assert (await platform.http.delete(location, headers={"If-Match": '"stale"'})).status_code == 200


async def test_4_4_1_patch_of_another_type_is_415_and_a_malformed_one_400(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    """An answer to a counter-offer, which was none, is no exception."""
    opened = await platform.whep(owner.name)
    for content_type, body, status in ((SDP, opened.text, 415), (FRAGMENT, "nonsense", 400)):
        answer = await platform.http.patch(
            opened.headers["location"],
            content=body,
            headers={"Content-Type": content_type, "If-Match": opened.headers["etag"]},
        )
        assert_problem(answer, status)


async def test_4_4_2_candidates_of_no_use_are_discarded_in_silence(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    opened = await platform.whep(owner.name)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(player_offer())) + USELESS_CANDIDATES,
        headers={"Content-Type": FRAGMENT, "If-Match": opened.headers["etag"]},
    )
    assert answer.status_code == 204, answer.text


async def test_4_4_3_refused_restart_leaves_the_session(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    opened = await platform.whep(owner.name)
    headers = {"Content-Type": FRAGMENT, "If-Match": "*"}
    failed = await platform.http.patch(
        opened.headers["location"], content="a=ice-ufrag:only\r\n", headers=headers
    )
    assert_problem(failed, 400)
    trickled = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(player_offer())),
        headers=headers | {"If-Match": opened.headers["etag"]},
    )
    assert trickled.status_code == 204, trickled.text


async def test_4_5_1_answer_bundles_and_multiplexes_rtcp(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    sdp = (await platform.whep(owner.name)).text
    assert re.search(r"^a=group:BUNDLE \S+ \S+", sdp, re.MULTILINE)
    assert len(re.findall(r"^a=rtcp-mux\r?$", sdp, re.MULTILINE)) == sdp.count("\nm=")


async def test_4_5_2_audio_and_video_are_one_media_stream(
    platform: StreamingPlatform, owner: ChannelOwner
) -> None:
    sdp = (await platform.whep(owner.name)).text
    streams = re.findall(r"^a=msid:(\S+)", sdp, re.MULTILINE)
    assert len(streams) == sdp.count("\nm=")
    assert len(set(streams)) == 1


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


async def test_4_8_1_unknown_bearer_token_is_401(platform: StreamingPlatform, owner: ChannelOwner) -> None:
    answer = await platform.http.post(
        f"/whep/{owner.name}",
        content=player_offer(),
        headers={"Content-Type": SDP, "Authorization": "Bearer nobody"},
    )
    assert_problem(answer, 401)


async def test_rfc_9110_15_5_6_other_methods_are_405(platform: StreamingPlatform) -> None:
    answer = await platform.http.put("/whep/ada", content="x")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
