"""What tests of WHIP and WHEP send and expect alike."""

import re

import httpx

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
CANDIDATE = "a=candidate:1 1 udp 2122260223 127.0.0.1 61764 typ host generation 0\r\n"
# No transport of ours, and a name nobody here resolves.
USELESS_CANDIDATES = (
    "a=candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
    "a=candidate:3 1 udp 1 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 5000 typ host\r\n"
)


def fragment(ufrag: str, pwd: str) -> str:
    return (
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
        f"{CANDIDATE}a=end-of-candidates\r\n"
    )


def credentials(sdp: str) -> tuple[str, str]:
    ufrag = re.search(r"a=ice-ufrag:(\S+)", sdp)
    pwd = re.search(r"a=ice-pwd:(\S+)", sdp)
    assert ufrag and pwd
    return ufrag[1], pwd[1]


def assert_problem(answer: httpx.Response, status: int, slug: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    assert answer.headers["access-control-allow-origin"] == "*"
    if slug is not None:
        assert body["type"] == f"/problems/{slug}"
