"""Encoders that are no browser: the film by examples/publish_film.py, and the demo."""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from tests.e2e.running_node import LIVEHOUSE
from tests.film import clip

PUBLISH_FILM = Path(__file__).parents[2] / "examples/publish_film.py"
BEGIN_LIMIT_S = 60


class Encoder:
    """A program that is live once it says so; Ctrl-C ends it at the end of the block."""

    def __init__(self, *command: str | Path) -> None:
        self._command = command
        self._said: list[str] = []
        self._is_live = threading.Event()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._is_live.wait(BEGIN_LIMIT_S):
            self.kill()
            raise AssertionError(f"not live: {''.join(self._said)}")
        return self

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._said.append(line)
                if line.lower().startswith("live"):
                    self._is_live.set()

    def kill(self) -> None:
        """As when the cable is pulled: no goodbye is said."""
        self._process.kill()
        self._process.wait(10)

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


class FilmEncoder(Encoder):
    """H.264 and Opus by WHIP, the film with the chirps."""

    def __init__(self, whip_url: str, stream_key: str, *flags: str) -> None:
        super().__init__(sys.executable, PUBLISH_FILM, clip(), "--url", whip_url, "--key", stream_key, *flags)


class DemoEncoder(Encoder):
    """`livehouse demo` at its smaller size."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(LIVEHOUSE, "demo", f"--data-dir={data_dir}", "--quality=360p")
