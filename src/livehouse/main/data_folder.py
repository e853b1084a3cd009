"""The folder a node keeps everything in: one node at a time, readable by its owner only."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from livehouse.main.embedded.child_program import NodeError


class DataFolderInUse(NodeError):
    """Another node holds the lock."""


class DataFolder:
    """Paths below one data folder, its lock, and what the running node says about itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.postgres = path / "postgres"
        self.nats = path / "nats"
        self.logs = path / "logs"
        self.secrets = path / "secrets"
        self.run = path / "run"
        self.media = path / "media"
        self.cache = path / "cache"
        self._node_file = self.run / "node.json"
        self._lock: IO[str] | None = None

    def create(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.logs, self.secrets, self.run):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise NodeError(
                f"The data folder {self.path} cannot be made: {error.strerror}. "
                "Give another one with --data-dir."
            ) from error

    def lock(self) -> None:
        """Held until the process ends, however it ends. Raises DataFolderInUse."""
        self.create()
        try:
            lock = (self.path / "node.lock").open("a+")
        except OSError as error:
            raise NodeError(f"The data folder {self.path} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise DataFolderInUse(
                f"Another node (process {holder}) already uses the data folder {self.path}. "
                "Stop it, or give this one a folder of its own with --data-dir."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def node_id(self) -> str:
        """Random, made once; names this node to the others."""
        path = self.path / "node_id"
        with suppress(FileNotFoundError):
            if found := path.read_text().strip():
                return found
        made = secrets.token_hex(8)
        write_private(path, f"{made}\n")
        return made

    def describe_node(self, facts: Mapping[str, Any]) -> None:
        """Leave for other commands where the running node can be reached."""
        write_private(self._node_file, json.dumps(facts, indent=2))

    def running_node(self) -> dict[str, Any] | None:
        """What the running node left; None when it has not got that far."""
        try:
            facts: dict[str, Any] = json.loads(self._node_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return facts

    def forget_node(self) -> None:
        self._node_file.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once and for its owner only (mode 0600)."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
