"""Publishing that must not start: a clear 4xx as problem details, and no broadcast."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.running_node import RunningNode

pytestmark = pytest.mark.e2e

OFFERS = Path(__file__).parents[2] / "native/crates/rtc-server/tests/offers"
OFFER = (OFFERS / "chromium_av1_sendonly.sdp").read_text()
SDP = {"Content-Type": "application/sdp"}


@pytest.fixture(scope="module")
def channel(node: RunningNode) -> dict[str, Any]:
    return node.create_channel("refusals")


@pytest.fixture
def http(node: RunningNode, channel: dict[str, Any]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=node.url, timeout=20) as client:
        yield client
        assert node.channel("refusals")["broadcast"] is None, "something was started"


def _refused(answer: httpx.Response, status: int | set[int]) -> dict[str, Any]:
    assert answer.status_code in ({status} if isinstance(status, int) else status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("/problems/")
    assert len(problem["detail"].split()) > 3, "what, why and what to do, in a sentence"
    return problem


def _publish(http: httpx.Client, offer: str | bytes, key: str | None, **headers: str) -> httpx.Response:
    authorization = {} if key is None else {"Authorization": f"Bearer {key}"}
    return http.post("/whip", content=offer, headers={**SDP, **authorization, **headers})


def test_a_missing_or_wrong_stream_key_is_401(http: httpx.Client, channel: dict[str, Any]) -> None:
    key = channel["stream_key"]
    changed = key[:-1] + ("A" if key[-1] != "A" else "B")
    for wrong in (None, "x", changed, key + "A", key * 100, channel["access_token"]):
        problem = _refused(_publish(http, OFFER, wrong), 401)
        assert key not in str(problem)
    # RFC 6750 section 3: a 401 says how to authenticate.
    assert "bearer" in _publish(http, OFFER, None).headers["www-authenticate"].lower()


def test_a_revoked_stream_key_is_401(http: httpx.Client, channel: dict[str, Any]) -> None:
    owner = {"Authorization": f"Bearer {channel['access_token']}"}
    keys = "/api/v1/channels/refusals/stream-keys"
    made = http.post(keys, json={"name": "short-lived"}, headers=owner)
    assert made.status_code == 201, made.text
    assert http.delete(f"{keys}/{made.json()['id']}", headers=owner).status_code == 204
    _refused(_publish(http, OFFER, made.json()["stream_key"]), 401)


def test_an_offer_that_is_no_sdp_is_4xx(http: httpx.Client, channel: dict[str, Any]) -> None:
    key = channel["stream_key"]
    broken: list[str | bytes] = [
        b"",
        b"hello",
        b"\x00\xff" * 100,
        "v=0\r\n" * 50,
        OFFER[: len(OFFER) // 2],
        OFFER.replace("a=fingerprint", "a=finger"),
        OFFER.replace("a=ice-ufrag", "a=ice-other"),
        re.sub("m=.*", "m=video nine UDP/TLS/RTP/SAVPF x", OFFER),
    ]
    for offer in broken:
        _refused(_publish(http, offer, key), {400, 422})


def test_codecs_we_do_not_take_are_4xx(http: httpx.Client, channel: dict[str, Any]) -> None:
    foreign = re.sub(r"(a=rtpmap:\d+) (AV1|VP8|VP9|H264)/90000", r"\1 H263/90000", OFFER)
    assert foreign != OFFER
    problem = _refused(_publish(http, foreign, channel["stream_key"]), {406, 422})
    assert "AV1" in problem["detail"], "says what would be taken"


def test_a_megabyte_is_refused_without_being_read(http: httpx.Client, channel: dict[str, Any]) -> None:
    padding = "a=x:" + "y" * 1000 + "\r\n"
    _refused(_publish(http, OFFER + padding * 1000, channel["stream_key"]), 413)
    # Also before anything is known of the sender.
    _refused(_publish(http, OFFER + padding * 1000, None), {401, 413})


def test_another_media_type_is_415(http: httpx.Client, channel: dict[str, Any]) -> None:
    answer = _publish(http, OFFER, channel["stream_key"], **{"Content-Type": "application/json"})
    _refused(answer, 415)


def test_watching_what_is_not_there(http: httpx.Client) -> None:
    watching = (OFFERS / "chromium_recvonly.sdp").read_text()
    _refused(http.post("/whep/nobody_has_this", content=watching, headers=SDP), 404)
    offline = http.post("/whep/refusals", content=watching, headers=SDP)
    _refused(offline, 409)
    assert int(offline.headers["retry-after"]) > 0
    _refused(http.post("/whep/refusals", content="hello", headers=SDP), {400, 409, 422})


def test_sessions_obey_their_creator_only(http: httpx.Client, channel: dict[str, Any]) -> None:
    guessed = "/whip/sessions/node.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    _refused(http.delete(guessed), {401, 404})
    key = {"Authorization": f"Bearer {channel['stream_key']}"}
    _refused(http.delete(guessed, headers=key), 404)
    _refused(http.delete(guessed.replace("whip", "whep")), 404)
