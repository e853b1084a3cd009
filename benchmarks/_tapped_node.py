"""The process that is measured: a media node with four taps, and a thread that keeps the interpreter's lock.

It prints the address of its WHIP and WHEP, takes `tapped` or `untapped`, one a line, as the name of the phase
that begins, and answers with figures of the phase that ends.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import select
import statistics
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from livehouse_native import MediaNode, MediaTap

TAPS = 4
# As long as a thread that computes in Python keeps the lock. Called by way of PyDLL a C function keeps it
# too; this one uses no processor, which forwarding would miss.
LOCKED_US = 5_000
_sleep_locked = ctypes.PyDLL(None).usleep


class Drains(threading.Thread):
    """Drains the taps as they become readable, and notes what that costs."""

    def __init__(self, node: MediaNode) -> None:
        super().__init__(daemon=True)
        self._taps = [node.open_tap("room") for _ in range(TAPS)]
        self._is_over = threading.Event()
        self._begun, self._opened_at = time.monotonic(), time.time()
        self.units = [0] * TAPS
        self.cpu_s = 0.0
        self.ages_ms: list[float] = []

    def run(self) -> None:
        poll = select.poll()
        by_descriptor: dict[int, tuple[int, MediaTap]] = {}
        for number, tap in enumerate(self._taps):
            poll.register(tap, select.POLLIN)
            by_descriptor[tap.fileno()] = (number, tap)
        while not self._is_over.is_set():
            for descriptor, _ in poll.poll(100):
                number, tap = by_descriptor[descriptor]
                started = time.thread_time()
                units = tap.drain()
                self.cpu_s += time.thread_time() - started
                self.units[number] += len(units)
                now = time.time()
                self.ages_ms += [
                    (now - unit.captured_at) * 1e3 for unit in units if unit.captured_at > self._opened_at
                ]

    def finish(self) -> dict[str, object]:
        self._is_over.set()
        self.join()
        figures = {
            "units": self.units,
            "drain_cpu_s": self.cpu_s,
            "tapped_s": time.monotonic() - self._begun,
            "age_p50_ms": statistics.median(self.ages_ms),
            "dropped_packets": sum(tap.dropped_packets for tap in self._taps),
            "gaps": sum(tap.gaps for tap in self._taps),
        }
        for tap in self._taps:
            tap.close()
        return figures


def keep_lock() -> None:
    while True:
        _sleep_locked(LOCKED_US)


class Signalling(BaseHTTPRequestHandler):
    node: MediaNode
    numbers = itertools.count()

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        session = f"{path[1:]}-{next(self.numbers)}"
        open_session = self.node.open_ingest if path == "/whip" else self.node.open_playback
        offer = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = open_session("room", session, offer).sdp.encode()
        self.send_response(201)
        self.send_header("Location", f"/session/{session}")
        self.send_header("Content-Type", "application/sdp")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_DELETE(self) -> None:
        self.node.close_session(self.path.removeprefix("/session/"))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    node = Signalling.node = MediaNode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Signalling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    drains, lock, before = None, threading.Thread(target=keep_lock, daemon=True), node.counters()
    for line in sys.stdin:
        if not lock.is_alive():
            # Everyone has joined, which takes the lock.
            lock.start()
        counters = node.counters()
        figures: dict[str, object] = {
            "media_cpu_s": counters.cpu_s - before.cpu_s,
            "media_packets": counters.packets_sent - before.packets_sent,
        }
        if drains:
            figures |= drains.finish()
        drains, before = None, counters
        if line.strip() == "tapped":
            drains = Drains(node)
            drains.start()
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
