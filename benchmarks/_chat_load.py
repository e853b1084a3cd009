"""The process that loads the gateway: listeners that count, and speakers. Raw sockets, so that it keeps up.

Reads commands from standard input, one JSON object a line, and answers each with one on standard output:
{"do": "listen", "sockets": n}, {"do": "speak", "per_second": n, "messages": n}.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import socket
import sys
import time
from typing import Any

PATIENCE_S = 60


class Load:
    def __init__(self, port: int, channel: str, tokens: list[str]) -> None:
        self.port = port
        self.channel = channel
        self.tokens = tokens
        self.selector = selectors.EpollSelector()
        self.listeners: list[socket.socket] = []
        self.speakers: list[socket.socket] = []
        self.delivered = 0
        self.frames = 0
        self.sent = 0
        self.turn = 0

    def connect(self, token: str | None) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port))
        key = base64.b64encode(os.urandom(16)).decode()
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        connection.sendall(
            f"GET /chat/{self.channel} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"{bearer}\r\n".encode()
        )
        received = b""
        while b'"history":true' not in received:
            received += connection.recv(65536)
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ, token is None)
        return connection

    def listen(self, sockets: int) -> dict[str, Any]:
        self.listeners += [self.connect(None) for _ in range(sockets)]
        return {}

    def enter_speakers(self) -> dict[str, Any]:
        self.speakers = [self.connect(token) for token in self.tokens]
        return {}

    def speak(self, per_second: float, messages: int) -> dict[str, Any]:
        """Spread evenly over the speakers. Ends when every listener has every message."""
        self.delivered = self.frames = 0
        expected = messages * len(self.listeners)
        started_s = time.monotonic()
        said = 0
        while self.delivered < expected:
            now_s = time.monotonic()
            if now_s - started_s > messages / per_second + PATIENCE_S:
                raise SystemExit(f"only {self.delivered} of {expected} messages arrived")
            while said < messages and said <= (now_s - started_s) * per_second:
                self.say()
                said += 1
            self.read(0.001)
        return {
            "delivered": self.delivered,
            "frames": self.frames,
            "took_s": time.monotonic() - started_s,
        }

    def say(self) -> None:
        self.turn += 1
        text = f"message {self.turn}, about as long as people write in a chat"
        payload = json.dumps({"type": "send", "nonce": f"n{self.turn}", "text": text}).encode()
        size = len(payload)
        head = bytes(
            [0x81, 0x80 | size] if size < 126 else [0x81, 0x80 | 126, size >> 8, size & 255]
        ) + bytes(4)
        self.speakers[self.turn % len(self.speakers)].sendall(head + payload)

    def read(self, wait_s: float) -> None:
        for key, _ in self.selector.select(wait_s):
            assert isinstance(key.fileobj, socket.socket)
            received = key.fileobj.recv(262_144)
            if not received:
                raise SystemExit("the gateway closed a socket")
            if key.data:
                self.delivered += received.count(b'{"seq":')
                self.frames += received.count(b'{"type":"messages"')
            elif b'"type":"error"' in received:
                at = received.index(b'"type":"error"')
                raise SystemExit(f"a message was refused: {received[at : at + 300]!r}")


def run() -> None:
    settings = json.loads(sys.argv[1])
    load = Load(settings["port"], settings["channel"], settings["tokens"])
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(load, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    run()
