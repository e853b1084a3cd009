"""An emulated network between a page and the media node: the program netem-relay."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Page, Route

NATIVE = Path(__file__).parents[2] / "native"
BUILD_LIMIT_S = 600
CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ udp \d+) (\S+) (\d+) typ host", re.MULTILINE)


class Relay:
    """Every WHEP session a page opens goes through it, both ways; `counters` are known after the block."""

    def __init__(self, *flags: str) -> None:
        self._flags = flags
        self._process: subprocess.Popen[str] | None = None
        self._address = ("", "")
        self.counters: dict[str, Any] = {}

    def __enter__(self) -> Self:
        build = ["cargo", "build", "--release", "--locked", "--quiet", "--package=netem-relay"]
        subprocess.run(build, cwd=NATIVE, check=True, timeout=BUILD_LIMIT_S)
        return self

    def stand_before(self, page: Page) -> None:
        """Answers to the page's offers name the relay instead of the node."""
        page.route(re.compile(r"/whep/[^/]+$"), self._redirect)

    def _redirect(self, route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        answer = route.fetch()
        route.fulfill(response=answer, body=CANDIDATE.sub(self._candidate, answer.text()))

    def _candidate(self, found: re.Match[str]) -> str:
        start, host, port = found.groups()
        if self._process is None:
            self._start(f"{host}:{port}")
        return "{} {} {} typ host".format(start, *self._address)

    def _start(self, node: str) -> None:
        self._process = subprocess.Popen(
            [NATIVE / "target/release/netem-relay", "--listen=127.0.0.1:0", f"--to={node}", *self._flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        host, _, port = json.loads(self._process.stdout.readline())["listening"].rpartition(":")
        self._address = (host, port)

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            output, _ = self._process.communicate(timeout=10)
            self.counters = json.loads(output)
