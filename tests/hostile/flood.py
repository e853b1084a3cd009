"""`python flood.py HOST PORT RATE SECONDS`: that many requests a second from one address, answered or not.

Pipelined on a few connections, because that costs the sender least; one that is closed is opened again.
Prints one line of JSON: how many requests were written, how many answers of which status came.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter

CONNECTIONS = 40
TICK_S = 0.02
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class Flood(asyncio.Protocol):
    """One connection: counts what comes back."""

    def __init__(self, answers: Counter[str]) -> None:
        self.transport: asyncio.Transport | None = None
        self._answers = answers
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        self._answers.update(status.decode() for status in STATUS.findall(data))
        # A status line cut in two is found with the next bytes; a whole one is not counted twice.
        cut = data.rfind(b"HTTP/1.1 ")
        self._tail = data[cut:] if cut >= 0 and len(data) - cut < 12 else data[-8:]

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._answers["closed"] += 1


async def flood(host: str, port: int, rate: int, seconds: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    request = f"GET /api/v1/channels HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    answers: Counter[str] = Counter()
    connections = [Flood(answers) for _ in range(CONNECTIONS)]
    written = 0
    begun = time.monotonic()
    while (now := time.monotonic()) - begun < seconds:
        due = int((now - begun) * rate) - written
        for connection in connections:
            if connection.transport is None:
                try:
                    await loop.create_connection(lambda kept=connection: kept, host, port)  # type: ignore[misc]
                except OSError:
                    answers["refused"] += 1
        open_ones = [c for c in connections if c.transport is not None]
        for index, connection in enumerate(open_ones):
            count = due // len(open_ones) + (index < due % len(open_ones))
            # A server that reads no more is not filled up without end.
            if count and connection.transport and connection.transport.get_write_buffer_size() < 1 << 20:
                connection.transport.write(request * count)
                written += count
        await asyncio.sleep(TICK_S)
    for connection in connections:
        if connection.transport is not None:
            connection.transport.abort()
    return {"written": written, "seconds": time.monotonic() - begun, "answers": dict(answers)}


if __name__ == "__main__":
    host, port, rate, seconds = sys.argv[1:5]
    print(json.dumps(asyncio.run(flood(host, int(port), int(rate), float(seconds)))))
