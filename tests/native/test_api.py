"""The Python face of the media node: what it says to good and bad input."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from livehouse_native import MediaError, MediaNode

Offer = Callable[[str], str]
FRAGMENT = "a=ice-ufrag:abcd1234\r\na=ice-pwd:0123456789abcdefghijklmn\r\n"


def kind_of(error: pytest.ExceptionInfo[MediaError]) -> str:
    assert str(error.value), "it says what is wrong"
    return error.value.kind


def test_an_offer_is_answered_with_all_candidates_and_an_etag(node: MediaNode, offer: Offer) -> None:
    answer = node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    assert f"127.0.0.1 {node.port} typ host" in answer.sdp
    assert "a=end-of-candidates" in answer.sdp
    assert "a=recvonly" in answer.sdp
    assert answer.etag
    playback = node.open_playback("room", "playback", offer("chromium_recvonly"), tag="someone")
    assert playback != answer
    assert playback.sdp.count("a=msid:broadcast ") == 2
    ingest_report, playback_report = node.report()
    assert (ingest_report.id, ingest_report.kind, ingest_report.state) == ("ingest", "ingest", "connecting")
    assert (playback_report.kind, playback_report.tag, playback_report.room) == (
        "playback",
        "someone",
        "room",
    )
    assert ingest_report.media_age_ms is None
    assert ingest_report.ingest is not None
    assert ingest_report.ingest.codec is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "malformed_offer"),
        ("not an offer", "malformed_offer"),
        ("v=0\r\n" + "a=x\r\n" * 20_000, "malformed_offer"),
        (
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 49\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:49 H265/90000\r\n",
            "unsupported_codec",
        ),
        (
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n",
            "offer_direction",
        ),
    ],
)
def test_a_bad_offer_is_refused_by_kind(node: MediaNode, text: str, kind: str) -> None:
    with pytest.raises(MediaError) as error:
        node.open_ingest("room", "ingest", text)
    assert kind_of(error) == kind
    assert node.report() == []


def test_playback_needs_a_broadcast(node: MediaNode, offer: Offer) -> None:
    with pytest.raises(MediaError) as error:
        node.open_playback("room", "playback", offer("chromium_recvonly"))
    assert kind_of(error) == "room_empty"


def test_a_session_id_is_used_once(node: MediaNode, offer: Offer) -> None:
    node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    with pytest.raises(ValueError, match="open already"):
        node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))


def test_sessions_are_limited(offer: Offer) -> None:
    node = MediaNode(max_sessions=1)
    try:
        node.open_ingest("room", "one", offer("chromium_av1_sendonly"))
        with pytest.raises(MediaError) as error:
            node.open_playback("room", "two", offer("chromium_recvonly"))
        assert kind_of(error) == "overloaded"
    finally:
        node.close()


def test_patch_takes_candidates_and_restarts_and_rubbish_does_no_harm(node: MediaNode, offer: Offer) -> None:
    answer = node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    candidate = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
    trickled = node.patch_session("ingest", FRAGMENT + candidate, restart=False)
    assert (trickled.sdpfrag, trickled.etag) == (None, None)

    with pytest.raises(MediaError) as error:
        node.patch_session("ingest", "rubbish", restart=True)
    assert kind_of(error) == "malformed_fragment"
    with pytest.raises(MediaError) as error:
        node.patch_session("nobody", FRAGMENT, restart=True)
    assert kind_of(error) == "no_such_session"

    restarted = node.patch_session("ingest", FRAGMENT, restart=True)
    assert restarted.etag not in (None, answer.etag)
    assert restarted.sdpfrag is not None
    assert f"a=ice-ufrag:{restarted.etag}" in restarted.sdpfrag
    assert f"127.0.0.1 {node.port} typ host" in restarted.sdpfrag
    assert [report.state for report in node.report()] == ["connecting"]


def test_a_closed_session_lingers_in_the_report_and_wakes_the_reader(node: MediaNode, offer: Offer) -> None:
    node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    assert node.close_session("ingest")
    assert not node.close_session("ingest")
    readable, _, _ = select.select([node.event_fd()], [], [], 5)
    assert readable
    os.read(node.event_fd(), 8)
    (report,) = node.report()
    assert (report.state, report.close_reason, report.room) == ("closed", "closed", "room")


def test_what_happened_is_told_once_and_rooms_are_reported(node: MediaNode, offer: Offer) -> None:
    node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    node.open_playback("room", "playback", offer("chromium_recvonly"))
    assert node.events() == [], "nobody is connected"
    assert node.close_session("playback")
    (event,) = node.events()
    assert (event.kind, event.session, event.session_kind, event.room) == (
        "closed",
        "playback",
        "playback",
        "room",
    )
    assert event.close_reason == "closed"
    assert abs(event.at - time.time()) < 60
    assert node.events() == []
    (room,) = node.rooms()
    assert (room.room, room.viewers, room.bitrate_bps, room.rtt_ms) == ("room", 0, 0, None)


def test_each_shard_has_a_port_and_each_answer_names_one(offer: Offer) -> None:
    node = MediaNode(shards=3)
    try:
        assert len(set(node.ports)) == 3
        assert node.port == node.ports[0]
        named = set()
        for number in range(3):
            answer = node.open_ingest(f"room{number}", f"ingest{number}", offer("chromium_av1_sendonly"))
            (candidate,) = [line for line in answer.sdp.splitlines() if line.startswith("a=candidate:")][:1]
            named.add(int(candidate.split()[5]))
        assert named == set(node.ports), "each broadcast is at home where least happens"
        assert len(node.counters().shard_cpu_s) == 3
    finally:
        node.close()
    with pytest.raises(OSError, match="at most 64 shards"):
        MediaNode(shards=65)


def test_closing_a_room_closes_everyone_in_it(node: MediaNode, offer: Offer) -> None:
    node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    node.open_playback("room", "playback", offer("chromium_recvonly"))
    node.close_room("room")
    assert {report.close_reason for report in node.report()} == {"room_closed"}
    with pytest.raises(MediaError) as error:
        node.open_playback("room", "late", offer("chromium_recvonly"))
    assert kind_of(error) == "room_empty"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::"])
def test_every_kind_of_host_gives_reachable_candidates(host: str, offer: Offer) -> None:
    node = MediaNode(host=host)
    try:
        answer = node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
        candidates = [line for line in answer.sdp.splitlines() if line.startswith("a=candidate:")]
        assert candidates
        assert all(f" {node.port} typ host" in line and " 0.0.0.0 " not in line for line in candidates)
    finally:
        node.close()


def test_public_addresses_are_what_others_are_told(offer: Offer) -> None:
    node = MediaNode(public_addresses=["203.0.113.7", "203.0.113.8:9000"])
    try:
        answer = node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
        assert f"203.0.113.7 {node.port} typ host" in answer.sdp
        assert "203.0.113.8 9000 typ host" in answer.sdp
        assert "127.0.0.1 " not in "".join(line for line in answer.sdp.splitlines() if "candidate:" in line)
    finally:
        node.close()


def test_what_cannot_be_bound_is_an_os_error_with_a_sentence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"media port 127.0.0.1:{port} cannot be opened"):
            MediaNode(port=port)
    with pytest.raises(OSError, match="is not an IP address"):
        MediaNode(public_addresses=["example.org"])


def test_a_closed_node_says_so(offer: Offer) -> None:
    node = MediaNode()
    node.close()
    node.close()
    with pytest.raises(MediaError) as error:
        node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    assert kind_of(error) == "overloaded"


def test_rubbish_on_the_media_port_does_no_harm(node: MediaNode, offer: Offer) -> None:
    answer = node.open_ingest("room", "ingest", offer("chromium_av1_sendonly"))
    name = f"{answer.etag}:x".encode()
    attribute = b"\x00\x06" + len(name).to_bytes(2, "big") + name + b"\0" * (-len(name) % 4)
    header = b"\x00\x01" + len(attribute).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + b"\0" * 12
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", node.port))
        # A check that names the session but lacks its password, then the first bytes of every protocol.
        sender.send(header + attribute)
        for first in range(256):
            sender.send(bytes([first]) + os.urandom(first))
    deadline = time.monotonic() + 20
    while node.counters().packets_received < 200 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert node.counters().packets_received >= 200
    assert [(report.id, report.state) for report in node.report()] == [("ingest", "connecting")]


def test_counters_start_at_nothing(node: MediaNode) -> None:
    counters = node.counters()
    assert counters.packets_received == counters.send_drops == counters.ingest_sessions == 0
    assert counters.cpu_s >= 0


def test_the_stub_says_what_the_binary_has(tmp_path: Path) -> None:
    from_stubtest = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "livehouse_native"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert from_stubtest.returncode == 0, from_stubtest.stdout
