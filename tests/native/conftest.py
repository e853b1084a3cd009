from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from livehouse_native import MediaError, MediaNode, SessionAnswer

OFFERS = Path(__file__).parents[2] / "native" / "crates" / "rtc-server" / "tests" / "offers"
PAGE = Path(__file__).parent / "page.html"


@pytest.fixture
def node() -> Iterator[MediaNode]:
    node = MediaNode()
    yield node
    node.close()


@pytest.fixture
def offer() -> Callable[[str], str]:
    return lambda name: (OFFERS / f"{name}.sdp").read_text()


@pytest.fixture
def signalling(node: MediaNode, serve: Callable[[MediaNode], str]) -> str:
    """The address of a server of the node's WHIP and WHEP."""
    return serve(node)


@pytest.fixture
def serve() -> Iterator[Callable[[MediaNode], str]]:
    with ExitStack() as servers:
        yield lambda node: servers.enter_context(serving(node))


@contextmanager
def serving(node: MediaNode) -> Iterator[str]:
    """A small HTTP server with just enough of WHIP and WHEP: POST /whip or /whep?room=…, DELETE /session/…"""
    numbers = itertools.count()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(200, PAGE.read_bytes(), "text/html")

        def do_POST(self) -> None:
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            room, session = query["room"][0], f"{url.path[1:]}-{next(numbers)}"
            offer = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                answer = self.answer(url.path, room, session, offer, takeover="takeover" in query)
            except MediaError as error:
                self.reply(400, f"{error.kind}: {error}".encode(), "text/plain")
                return
            self.reply(201, answer.sdp.encode(), "application/sdp", location=f"/session/{session}")

        def answer(self, path: str, room: str, session: str, offer: str, *, takeover: bool) -> SessionAnswer:
            if path == "/whip":
                return node.open_ingest(room, session, offer, takeover=takeover)
            return node.open_playback(room, session, offer)

        def do_DELETE(self) -> None:
            found = node.close_session(self.path.removeprefix("/session/"))
            self.reply(200 if found else 404, b"", "text/plain")

        def reply(self, status: int, body: bytes, content_type: str, location: str | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
