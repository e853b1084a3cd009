"""A server that speaks S3 by HTTP on this machine, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from livehouse.main.free_ports import free_port

START_LIMIT_S = 60.0


class S3Server:
    """nanio, which checks every signature; `environment` leads a client of S3 to it.

    folder: of its own, for its buckets, of which it has one, and its log.
    """

    bucket = "pictures"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port("127.0.0.1")
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "livehouse",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-store",
        }

    def __enter__(self) -> Self:
        (self._folder / "buckets" / self.bucket).mkdir(parents=True)
        log = self._folder / "server.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "nanio", "serve", "--host", "127.0.0.1"),
                    *("--port", str(self._port), "--data-dir", self._folder / "buckets"),
                    *("--region", self.environment["AWS_REGION"]),
                ],
                env=os.environ
                | {
                    "NANIO_ACCESS_KEY": self.environment["AWS_ACCESS_KEY_ID"],
                    "NANIO_SECRET_KEY": self.environment["AWS_SECRET_ACCESS_KEY"],
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        begun = time.monotonic()
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - begun > START_LIMIT_S:
                self.stop()
                raise AssertionError(f"the S3 server did not start: {log.read_text()[-3000:]}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return httpx.get(self.environment["AWS_ENDPOINT_URL"], timeout=10).status_code < 500
        except httpx.TransportError:
            return False
