"""Chat sockets that send rubbish or never read are dropped, bounded, and nobody else notices."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.e2e.running_node import RunningNode
from tests.e2e.waiting import eventually
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.e2e

# What a gateway may keep for one reader that does not read, with what the kernel keeps on both sides.
MOST_BYTES = 16 << 20


@pytest.fixture(scope="module")
def channel(node: RunningNode) -> dict[str, Any]:
    return node.create_channel("rude_room")


def _address(node: RunningNode) -> str:
    server = httpx.get(f"{node.url}/api/v1/server", timeout=10).json()
    return f"{server['chat_url']}/chat/rude_room"


def _next(connection: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(connection.recv(timeout=20))
        if frame["type"] == kind:
            return frame
        assert frame["type"] != "error", frame


def _sign_in(connection: ClientConnection, channel: dict[str, Any]) -> None:
    connection.send(json.dumps({"type": "authenticate", "access_token": channel["access_token"]}))
    while (you := _next(connection, "welcome")["you"]) is None:
        pass
    assert you["can_send"]


def _still_works(node: RunningNode, channel: dict[str, Any], text: str) -> None:
    with connect(_address(node)) as connection:
        _sign_in(connection, channel)
        connection.send(json.dumps({"type": "send", "nonce": text, "text": text}))
        assert _next(connection, "ack")["nonce"] == text


@pytest.mark.parametrize("rubbish", ["no json", '{"type": "unknown"}', b"\x00\xff"])
def test_rubbish_is_answered_and_then_dropped(
    node: RunningNode, channel: dict[str, Any], rubbish: str | bytes
) -> None:
    with connect(_address(node)) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(50):
                connection.send(rubbish)
                assert _next(connection, "error")["error"]["type"].startswith("/problems/")
        assert closed.value.rcvd is not None
        assert 4400 <= closed.value.rcvd.code < 4500 or closed.value.rcvd.code in {1003, 1007, 1009}
    _still_works(node, channel, f"after-{type(rubbish).__name__}-{len(rubbish)}")


def test_a_frame_that_is_too_large_is_dropped(node: RunningNode, channel: dict[str, Any]) -> None:
    with connect(_address(node)) as connection, pytest.raises(ConnectionClosed):
        connection.send(json.dumps({"type": "send", "nonce": "big", "text": "y" * 1_000_000}))
        while True:
            connection.recv(timeout=20)
    _still_works(node, channel, "after-a-large-frame")


def test_one_who_never_reads_is_dropped(node: RunningNode, channel: dict[str, Any]) -> None:
    with connect(_address(node)) as talking:
        _sign_in(talking, channel)
        for number in range(60):
            talking.send(json.dumps({"type": "send", "nonce": f"long-{number}", "text": "long " * 99}))
            assert _next(talking, "ack")["nonce"] == f"long-{number}"
    gateway = node.process("livehouse: chat")
    before = gateway.memory_info().rss

    address = urlsplit(_address(node))
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((address.hostname, address.port))
    # max_queue=1: the client library stops reading the socket after one frame, too.
    with connect(_address(node), sock=raw, max_queue=1, close_timeout=0.1) as silent:

        def is_dropped() -> bool:
            try:
                for _ in range(50):
                    silent.send(json.dumps({"type": "history", "before_seq": 1_000_000, "limit": 100}))
            except (ConnectionClosed, OSError):
                return True
            return False

        eventually(is_dropped, 30)
    assert gateway.memory_info().rss - before < MOST_BYTES
    _still_works(node, channel, "after-the-silent-one")
