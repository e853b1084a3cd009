"""A real node: `livehouse up` with every role and its embedded servers, in a data folder of its own."""

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import httpx
import psutil

from livehouse.main.free_ports import free_port

LIVEHOUSE = Path(sys.executable).with_name("livehouse")
# A machine busy with other work still gets there.
START_LIMIT_S = 60.0


class RunningNode:
    """Started by `start`; `url` is known after it. Its log is `log`, beside the data folder."""

    def __init__(self, folder: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.data_dir = folder / "data"
        self.log = folder / "node.log"
        self.url = ""
        # The same after a restart, so that pages and encoders find the node again.
        self._ports = [
            f"--{door}-port={free_port('127.0.0.1')}" for door in ("http", "chat", "edge", "media")
        ]
        self._flags = flags
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()

    def start(self) -> float:
        """Seconds until the line `ready http://…`."""
        self._ready.clear()
        begun = time.monotonic()
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [LIVEHOUSE, "up", f"--data-dir={self.data_dir}", *self._ports, *self._flags],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        while not self._ready.wait(0.05):
            if self._process.poll() is not None or time.monotonic() - begun > START_LIMIT_S:
                raise AssertionError(f"the node did not start: {self.log.read_text()[-3000:]}")
        return time.monotonic() - begun

    def _read(self, output: TextIO) -> None:
        with output:
            for line in output:
                if line.startswith("ready "):
                    self.url = line.split()[1].rstrip("/")
                    self._ready.set()

    def stop(self) -> int:
        """Ends it as Ctrl-C does; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def kill_everything(self) -> None:
        """SIGKILL to the supervisor and all it started, at once."""
        assert self._process is not None
        supervisor = psutil.Process(self._process.pid)
        for process in [*supervisor.children(recursive=True), supervisor]:
            # One may be gone before its turn: children end with their supervisor.
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(10)

    def close(self) -> None:
        """For the end of a test: whatever state it is in, nothing of it is left."""
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill_everything()

    def process(self, title: str) -> psutil.Process:
        """The child of this title (`livehouse: media`) or program (`postgres`, `nats-server`)."""
        assert self._process is not None
        for child in psutil.Process(self._process.pid).children(recursive=True):
            try:
                command = child.cmdline()
            except psutil.NoSuchProcess:
                continue
            if command and (" ".join(command).startswith(title) or Path(command[0]).name == title):
                return child
        raise LookupError(title)

    def create_channel(self, name: str) -> dict[str, Any]:
        """By the command line: channel, stream_key, access_token and the addresses to use them at."""
        created = subprocess.run(
            [LIVEHOUSE, "channel", "create", name, f"--data-dir={self.data_dir}", "--json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert created.returncode == 0, created.stderr
        answer: dict[str, Any] = json.loads(created.stdout)
        return answer

    def make_administrator(self, name: str) -> None:
        """By the command line, as an operator does it."""
        made = subprocess.run(
            [LIVEHOUSE, "account", "make-administrator", name, f"--data-dir={self.data_dir}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert made.returncode == 0, made.stderr

    def channel(self, name: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/v1/channels/{name}", timeout=10)
        answer.raise_for_status()
        state: dict[str, Any] = answer.json()
        return state

    def counter(self, name: str) -> float:
        """A counter of `/metrics`, over all processes that have it."""
        answer = httpx.get(f"{self.url}/metrics", timeout=10)
        answer.raise_for_status()
        samples = [line.rsplit(" ", 1) for line in answer.text.splitlines()]
        values = [float(value) for series, value in samples if series.split("{")[0] == f"{name}_total"]
        assert values, f"no counter {name}"
        return sum(values)

    def serves(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False
