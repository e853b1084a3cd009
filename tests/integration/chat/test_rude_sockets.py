"""Sockets that send rubbish, never read, or come in numbers cost a bounded amount and nobody else."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import select
import socket
import struct
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from livehouse.chat.adapters.chat_socket import FRAMES_IN_WINDOW
from livehouse.chat.adapters.socket_frames import CloseCode

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "rubbish",
    [
        "not json",
        "[]",
        "{}",
        '{"type":"destroy"}',
        '{"type":"send","nonce":1,"text":"x"}',
        '{"type":"send","text":"x"}',
        '{"type":"history","limit":"many"}',
        "[" * 4000,
        '{"type":"send","nonce":"a","text":"\\ud800"' + "}" * 100,
        b"binary",
    ],
)
async def test_rubbish_gets_errors_and_then_the_door(house: Any, rubbish: str | bytes) -> None:
    await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada")
    for _ in range(5):
        await chatter.socket.send(rubbish)
    assert await chatter.closed() == CloseCode.RUBBISH
    errors = [frame for frame in chatter.heard if frame["type"] == "error"]
    assert len(errors) == 5
    assert all(error["error"]["detail"] for error in errors)


async def test_a_frame_that_is_too_large_ends_the_socket(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", ada)
    await chatter.say("x" * 9000)
    assert await chatter.closed() == CloseCode.MESSAGE_TOO_BIG


async def test_a_line_that_is_too_long_is_refused_with_the_limit(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", ada)
    await chatter.say("x" * 501, nonce="long")
    await chatter.say("x" * 500)
    error = (await chatter.hear("error", nonce="long"))["error"]
    assert error["type"] == "/problems/message-too-long"
    assert "500" in error["detail"]
    assert await chatter.seqs_until(1) == [1]


async def test_a_fragmented_message_is_one_message(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", ada)
    whole = json.dumps({"type": "send", "nonce": "n", "text": "in three parts"})
    await chatter.socket.send([whole[:10], whole[10:20], whole[20:]])
    assert (await chatter.hear("ack", nonce="n"))["seq"] == 1
    await chatter.socket.send(["x" * 5000, "x" * 5000])
    assert await chatter.closed() == CloseCode.MESSAGE_TOO_BIG


async def test_a_flood_of_good_frames_is_stopped_too(house: Any) -> None:
    await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada")
    for _ in range(FRAMES_IN_WINDOW + 10):
        await chatter.send(type="ping")
    assert await chatter.closed() == CloseCode.RUBBISH
    assert sum(frame["type"] == "pong" for frame in chatter.heard) == FRAMES_IN_WINDOW


async def test_one_who_never_reads_is_cut_while_the_others_hear_everything(house: Any) -> None:
    ada = await house.sign_up("ada")
    gateway = await house.gateway()
    chatter = await house.enter(gateway, "ada", ada)
    for line in range(60):  # of about 2 KB each
        await chatter.say("\U0001f600" * 500)
        await chatter.hear("ack", seq=line + 1)
    deaf = _deaf_socket(gateway.gateway.port, "ada")
    try:
        for _ in range(30):
            deaf.sendall(_masked(b'{"type":"history","limit":100}'))
        # It has asked for 4 MB. What it finds once it reads is what the two buffers held, and the end.
        await chatter.say("still here")
        assert (await chatter.messages_until(61))[-1]["fragments"][0]["text"] == "still here"
        gone = asyncio.get_running_loop().run_in_executor(None, _wait_for_the_end, deaf)
        await asyncio.wait_for(gone, 30)
        kept = _read_to_the_end(deaf)
    finally:
        deaf.close()
    assert len(kept) < 1_000_000


async def test_sockets_of_one_address_are_bounded_and_freed(house: Any) -> None:
    await house.sign_up("ada")
    gateway = await house.gateway(max_sockets_per_address=2)
    first, _ = await house.enter(gateway, "ada"), await house.enter(gateway, "ada")
    third = await house.connect(gateway, "ada")
    assert await third.closed() == CloseCode.TOO_MANY_SOCKETS
    await first.socket.close()
    await house.enter(gateway, "ada")


async def test_sockets_of_all_are_bounded(house: Any) -> None:
    await house.sign_up("ada")
    gateway = await house.gateway(max_sockets=1)
    await house.enter(gateway, "ada")
    with pytest.raises(InvalidStatus) as refused:
        await house.connect(gateway, "ada")
    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body)["type"] == "/problems/too-many-chats"


async def test_a_silent_socket_is_pinged_and_cut_when_it_does_not_answer(house: Any) -> None:
    await house.sign_up("ada")
    gateway = await house.gateway(silent_s=0.2)
    answering = await house.enter(gateway, "ada")
    dead = _deaf_socket(gateway.gateway.port, "ada")
    loop = asyncio.get_running_loop()
    try:
        reading = asyncio.create_task(answering.hear("never"))
        ended = await asyncio.wait_for(loop.run_in_executor(None, _read_to_the_end, dead), 30)
    finally:
        dead.close()
    assert b"\x89" in ended  # it was pinged
    assert struct.pack("!H", CloseCode.GOING_AWAY) in ended
    assert not reading.done()  # the one that answers pings is still in
    reading.cancel()


async def test_what_is_no_websocket_is_told_so(house: Any) -> None:
    gateway = await house.gateway()
    for path, status in (("/", 404), ("/chat/", 404), ("/chat/a/b", 404), ("/chat/ada", 400)):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.gateway.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = await reader.read()
        assert answer.startswith(f"HTTP/1.1 {status}".encode()), answer
        writer.close()


def _deaf_socket(port: int, channel: str) -> socket.socket:
    """A WebSocket, as far as the other side can tell, that nobody reads."""
    deaf = socket.create_connection(("127.0.0.1", port))
    deaf.settimeout(30)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    key = base64.b64encode(os.urandom(16)).decode()
    deaf.sendall(
        f"GET /chat/{channel} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return deaf


def _masked(payload: bytes) -> bytes:
    """A text frame masked with zeros."""
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def _wait_for_the_end(deaf: socket.socket) -> None:
    """Until the other side has hung up, without reading a byte."""
    poll = select.poll()
    poll.register(deaf, select.POLLRDHUP)
    poll.poll(30_000)


def _read_to_the_end(deaf: socket.socket) -> bytes:
    parts = []
    try:
        while part := deaf.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
