"""A real node in a folder of its own, started by the real command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

FREE_PORTS = ("--http-port", "0", "--chat-port", "0", "--edge-port", "0", "--media-port", "0")
ROLES = ("web", "chat", "media", "edge", "worker")


def wait_until(condition: Callable[[], Any], what: str, timeout_s: float = 60) -> Any:
    """The first truthy answer of `condition`."""
    deadline = time.monotonic() + timeout_s
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain for: {what}"
        time.sleep(0.02)
    return answer


def livehouse(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "livehouse.main.command_line", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


class Node:
    """`livehouse up` as a child of the test."""

    def __init__(self, data_dir: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._log = (data_dir.parent / f"{data_dir.name}.log").open("ab")
        self.supervisor = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "livehouse.main.command_line",
                "up",
                "--data-dir",
                str(data_dir),
                *FREE_PORTS,
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def wait_ready(self) -> str:
        """The address in the line `ready http://…`."""
        assert self.supervisor.stdout is not None
        line = self.supervisor.stdout.readline()
        assert line.startswith("ready http"), self.log
        return line.split()[1]

    @property
    def log(self) -> str:
        return Path(self._log.name).read_text()

    @property
    def settings(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.data_dir / "run" / "node.json").read_text())["settings"]
        return facts

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.supervisor.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process:
        """The process of a role, `postgres` (the postmaster) or `nats`."""
        for process in psutil.Process(self.supervisor.pid).children():
            with suppress(psutil.NoSuchProcess):
                title = " ".join(process.cmdline()).strip()
                if title == f"livehouse: {name}" or Path(title.split()[0]).name in {name, f"{name}-server"}:
                    return process
        raise LookupError(name)

    def kill(self) -> None:
        self.supervisor.kill()
        self.supervisor.wait()

    def stop(self) -> int:
        self.supervisor.send_signal(signal.SIGTERM)
        return self.supervisor.wait(60)

    def close(self) -> None:
        if self.supervisor.poll() is None:
            self.stop()
        if self.supervisor.stdout is not None:
            self.supervisor.stdout.close()
        self._log.close()


StartNode = Callable[..., Node]


def answers(url: str, status: int = 200) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url, timeout=5).status_code == status
    return False
