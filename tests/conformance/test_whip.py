"""WHIP as RFC 9725 has it, against the real door, media node and servers. Each test names its clause."""

import re
from collections.abc import Mapping

import pytest
from tests.conformance.exchange import (
    FRAGMENT,
    SDP,
    USELESS_CANDIDATES,
    assert_problem,
    credentials,
    fragment,
)
from tests.streaming_platform import StreamingPlatform, encoder_offer

pytestmark = pytest.mark.integration


def bearer(stream_key: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {stream_key}", **(more or {})}


async def test_4_1_get_is_answered_2xx_without_content(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    location = (await platform.whip(owner.stream_key)).headers["location"]
    for url in ("/whip", location):
        for method in ("GET", "HEAD"):
            answer = await platform.http.request(method, url)
            assert answer.is_success
            assert answer.content == b""


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_rfc_9110_15_5_6_other_methods_on_the_endpoint_are_405(
    platform: StreamingPlatform, method: str
) -> None:
    answer = await platform.http.request(method, "/whip")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_rfc_9110_15_5_6_other_methods_on_the_session_are_405(platform: StreamingPlatform) -> None:
    answer = await platform.http.post("/whip/sessions/node-a.none")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


async def test_4_2_offer_is_answered_201_with_location_and_answer(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    answer = await platform.whip(owner.stream_key)
    assert answer.status_code == 201
    assert answer.headers["content-type"] == SDP
    assert re.fullmatch(r"/whip/sessions/node-a\.i[\w-]{43}", answer.headers["location"])
    sdp = answer.text
    assert sdp.startswith("v=0")
    assert "a=recvonly" in sdp
    assert "a=sendonly" not in sdp
    assert "a=sendrecv" not in sdp


async def test_4_2_content_type_other_than_sdp_is_415(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    answer = await platform.http.post(
        "/whip", content=encoder_offer(), headers=bearer(owner.stream_key, {"Content-Type": "text/plain"})
    )
    assert_problem(answer, 415)
    assert answer.headers["accept-post"] == SDP


@pytest.mark.parametrize("offer", ["nonsense", "v=0\r\n", " ", encoder_offer()[:400]])
async def test_4_2_malformed_sdp_is_400(platform: StreamingPlatform, offer: str) -> None:
    owner = await platform.open_channel()
    assert_problem(await platform.whip(owner.stream_key, offer), 400)


async def test_4_2_body_that_is_no_text_is_400(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    answer = await platform.http.post(
        "/whip", content=b"\xff\xfe\x00", headers=bearer(owner.stream_key, {"Content-Type": SDP})
    )
    assert_problem(answer, 400, "malformed-sdp")


async def test_offer_of_a_megabyte_is_413(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    answer = await platform.whip(owner.stream_key, encoder_offer() + "a=x\r\n" * 200_000)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    answer = await platform.whip(owner.stream_key, encoder_offer() + "a=x\r\n" * 14_000)
    assert_problem(answer, 413, "too-large")


async def test_4_2_options_tells_what_may_be_posted(platform: StreamingPlatform) -> None:
    answer = await platform.http.options(
        "/whip", headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 200
    assert answer.headers["accept-post"] == SDP
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed
    exposed = answer.headers["access-control-expose-headers"].lower()
    for header in ("location", "etag", "link"):
        assert header in exposed


async def test_4_2_options_on_the_session(platform: StreamingPlatform) -> None:
    answer = await platform.http.options("/whip/sessions/node-a.x")
    assert answer.status_code == 200
    assert answer.headers["accept-patch"] == FRAGMENT
    assert {"PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert "if-match" in answer.headers["access-control-allow-headers"].lower()


async def test_4_2_delete_ends_the_session(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    location = (await platform.whip(owner.stream_key)).headers["location"]
    # Section 4.3.1: an entity-tag sent with DELETE is ignored.
    gone = await platform.http.delete(location, headers=bearer(owner.stream_key, {"If-Match": '"stale"'}))
    assert gone.status_code == 200
    again = await platform.http.delete(location, headers=bearer(owner.stream_key))
    assert_problem(again, 404, "no-such-session")


async def test_4_3_1_answer_has_a_strong_etag(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    etags = set()
    for _ in range(2):
        etag = (await platform.whip(owner.stream_key)).headers["etag"]
        assert re.fullmatch(r'"[^"]+"', etag)
        etags.add(etag)
    assert len(etags) == 2


async def test_4_3_1_patch_without_etag_is_428(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(encoder_offer())),
        headers=bearer(owner.stream_key, {"Content-Type": FRAGMENT}),
    )
    assert_problem(answer, 428)


@pytest.mark.parametrize("stale", ['"stale"', 'W/"weak"', "unquoted"])
async def test_4_3_1_patch_with_another_etag_is_412(platform: StreamingPlatform, stale: str) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(encoder_offer())),
        headers=bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": stale}),
    )
    assert_problem(answer, 412)


async def test_4_3_1_weak_form_of_the_right_etag_is_412(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(encoder_offer())),
        headers=bearer(
            owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": f"W/{opened.headers['etag']}"}
        ),
    )
    assert_problem(answer, 412)


async def test_4_3_1_patch_of_another_type_is_415(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content="x",
        headers=bearer(owner.stream_key, {"Content-Type": SDP, "If-Match": opened.headers["etag"]}),
    )
    assert_problem(answer, 415)
    assert answer.headers["accept-patch"] == FRAGMENT


async def test_4_3_1_malformed_fragment_is_400(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content="nonsense",
        headers=bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": opened.headers["etag"]}),
    )
    assert_problem(answer, 400)


async def test_4_3_2_trickled_candidates_are_204_without_etag(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(encoder_offer())),
        headers=bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": opened.headers["etag"]}),
    )
    assert answer.status_code == 204, answer.text
    assert answer.content == b""
    assert "etag" not in answer.headers


async def test_4_3_2_candidates_of_no_use_are_discarded_in_silence(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(encoder_offer())) + USELESS_CANDIDATES,
        headers=bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": opened.headers["etag"]}),
    )
    assert answer.status_code == 204, answer.text


async def test_4_3_2_answer_has_all_candidates(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    assert "a=candidate:" in (await platform.whip(owner.stream_key)).text


async def test_4_3_3_ice_restart_is_200_with_credentials_and_new_etag(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    headers = bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": '"*"'})
    restarted = await platform.http.patch(
        opened.headers["location"], content=fragment("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k"), headers=headers
    )
    assert restarted.status_code == 200, restarted.text
    assert restarted.headers["content-type"] == FRAGMENT
    assert credentials(restarted.text) != credentials(opened.text)
    new_etag = restarted.headers["etag"]
    assert new_etag != opened.headers["etag"]

    for etag, status in ((opened.headers["etag"], 412), (new_etag, 204)):
        trickled = await platform.http.patch(
            opened.headers["location"],
            content=fragment("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k"),
            headers=headers | {"If-Match": etag},
        )
        assert trickled.status_code == status, trickled.text


async def test_4_3_3_new_credentials_with_the_present_etag_are_a_restart(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    answer = await platform.http.patch(
        opened.headers["location"],
        content=fragment("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k"),
        headers=bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": opened.headers["etag"]}),
    )
    assert answer.status_code == 200
    assert answer.headers["etag"] != opened.headers["etag"]


async def test_4_3_3_failed_restart_leaves_the_session(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    headers = bearer(owner.stream_key, {"Content-Type": FRAGMENT, "If-Match": "*"})
    failed = await platform.http.patch(
        opened.headers["location"], content="a=ice-ufrag:only\r\n", headers=headers
    )
    assert_problem(failed, 400)
    trickled = await platform.http.patch(
        opened.headers["location"],
        content=fragment(*credentials(encoder_offer())),
        headers=headers | {"If-Match": opened.headers["etag"]},
    )
    assert trickled.status_code == 204, trickled.text


async def test_4_4_1_answer_bundles_and_multiplexes_rtcp(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    sdp = (await platform.whip(owner.stream_key)).text
    assert re.search(r"^a=group:BUNDLE \S+", sdp, re.MULTILINE)
    assert len(re.findall(r"^a=rtcp-mux\r?$", sdp, re.MULTILINE)) == sdp.count("\nm=")
    # RFC 8858 section 3 forbids it in answers.
    assert "rtcp-mux-only" not in sdp


@pytest.mark.parametrize("line", ["a=rtcp-mux\n", "a=group:BUNDLE 0 1\n"])
async def test_4_4_1_offer_for_several_ports_is_400(platform: StreamingPlatform, line: str) -> None:
    owner = await platform.open_channel()
    assert line in encoder_offer()
    assert_problem(await platform.whip(owner.stream_key, encoder_offer().replace(line, "")), 400)


async def test_4_4_2_second_video_track_is_400(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    video = encoder_offer().partition("m=video")
    second = (video[1] + video[2]).replace("a=mid:1", "a=mid:2")
    offer = encoder_offer().replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0 1 2") + second
    assert_problem(await platform.whip(owner.stream_key, offer), 400)


@pytest.mark.parametrize("role", ["actpass", "active"])
async def test_4_4_4_answer_is_passive(platform: StreamingPlatform, role: str) -> None:
    owner = await platform.open_channel()
    offer = encoder_offer().replace("a=setup:actpass", f"a=setup:{role}")
    answer = await platform.whip(owner.stream_key, offer)
    assert answer.status_code == 201, answer.text
    assert set(re.findall(r"^a=setup:(\w+)", answer.text, re.MULTILINE)) == {"passive"}


async def test_4_4_3_codec_we_do_not_take_refuses_the_whole_offer(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    offer = re.sub(r"a=rtpmap:(\d+) (AV1|VP8|VP9|H264)/90000", r"a=rtpmap:\1 H261/90000", encoder_offer())
    answer = await platform.whip(owner.stream_key, offer)
    assert_problem(answer, 422, "unsupported-codec")


async def test_4_2_offer_that_does_not_send_is_422(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    offer = encoder_offer().replace("a=sendonly", "a=recvonly")
    assert_problem(await platform.whip(owner.stream_key, offer), 422)


async def test_4_6_ice_servers_come_as_links_and_not_on_preflight(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    opened = await platform.whip(owner.stream_key)
    links = opened.headers.get_list("link")
    assert links == [
        '<stun:stun.example.org>; rel="ice-server"',
        '<turn:turn.example.org?transport=udp>; rel="ice-server"; username="ada"; '
        'credential="a \\"secret\\""; credential-type="password"',
    ]
    preflight = await platform.http.options("/whip", headers={"Access-Control-Request-Method": "POST"})
    assert "link" not in preflight.headers


async def test_4_7_1_bearer_token_is_needed(platform: StreamingPlatform) -> None:
    answer = await platform.http.post("/whip", content=encoder_offer(), headers={"Content-Type": SDP})
    assert_problem(answer, 401, "stream-key-missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["wrong", "lhk_" + "A" * 43])
async def test_4_7_1_wrong_stream_key_is_401_and_starts_nothing(
    platform: StreamingPlatform, key: str
) -> None:
    owner = await platform.open_channel()
    answer = await platform.whip(key)
    assert_problem(answer, 401, "stream-key-refused")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await platform.http.get(f"/api/v1/channels/{owner.name}")).json()["broadcast"] is None


async def test_4_7_1_session_needs_the_key_it_was_opened_with(platform: StreamingPlatform) -> None:
    ada, bob = await platform.open_channel("ada"), await platform.open_channel("bob")
    location = (await platform.whip(ada.stream_key)).headers["location"]
    assert_problem(await platform.http.delete(location), 401)
    assert_problem(await platform.http.delete(location, headers=bearer(bob.stream_key)), 404)
    assert (await platform.http.delete(location, headers=bearer(ada.stream_key))).status_code == 200


async def test_5_whip_session_is_no_whep_session(platform: StreamingPlatform) -> None:
    """The door that needs no key must not lead to sessions that do."""
    owner = await platform.open_channel()
    location = (await platform.whip(owner.stream_key)).headers["location"]
    answer = await platform.http.delete(location.replace("/whip/", "/whep/"))
    assert_problem(answer, 404)


async def test_rfc_9110_12_5_1_accept_without_sdp_is_406(platform: StreamingPlatform) -> None:
    owner = await platform.open_channel()
    for accept, status in (("text/html", 406), ("application/sdp;q=0, */*", 406), ("application/*", 201)):
        answer = await platform.http.post(
            "/whip",
            content=encoder_offer(),
            headers=bearer(owner.stream_key, {"Content-Type": SDP, "Accept": accept}),
        )
        assert answer.status_code == status, accept
