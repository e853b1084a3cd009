"""How a child is started: which program, as whom, and what becomes of it when the supervisor dies."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class NodeError(Exception):
    """Something the person at the command line can understand and act on; its text is a sentence or two."""


@dataclass(frozen=True, slots=True)
class UnixUser:
    """The account a child runs under when the supervisor is root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ChildProgram:
    """One program to run.

    user: None runs it as the supervisor itself.
    log_path: file that takes standard output and error; None lets them through to the supervisor's own.
    death_signal: sent by the kernel the moment the supervisor is gone, also by SIGKILL.
    inherited: file descriptors it keeps, by the same numbers.
    """

    title: str
    argv: Sequence[str]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: UnixUser | None = None
    log_path: Path | None = None
    death_signal: signal.Signals = signal.SIGKILL
    inherited: Sequence[int] = ()

    def popen_arguments(self) -> dict[str, Any]:
        """For `subprocess.Popen` and `asyncio.create_subprocess_exec`; call it once a start."""
        arguments: dict[str, Any] = {
            "cwd": self.cwd,
            "env": without_settings(os.environ) | dict(self.environment),
            "stdin": subprocess.DEVNULL,
            # Its own process group: Ctrl-C reaches the supervisor only, which stops all in order.
            "process_group": 0,
            "pass_fds": tuple(self.inherited),
            "preexec_fn": _die_with_parent(os.getpid(), self.death_signal),
        }
        if self.user is not None:
            arguments |= {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        return arguments

    def open_log(self) -> IO[bytes] | None:
        if self.log_path is None:
            return None
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        _rotate(self.log_path)
        return self.log_path.open("ab")

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it. Call from the main thread: the death signal is bound to the thread that forks."""
        log = self.open_log()
        try:
            return subprocess.Popen(list(self.argv), stdout=log, stderr=log, **self.popen_arguments())
        finally:
            if log is not None:
                log.close()


_LOG_LIMIT_BYTES = 8 * 1024 * 1024


def _rotate(log_path: Path) -> None:
    """Keep one older log, so that a log never grows without bound over restarts."""
    if log_path.exists() and log_path.stat().st_size > _LOG_LIMIT_BYTES:
        log_path.replace(log_path.with_suffix(".old.log"))


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings in the environment may hold passwords, and the child may run as somebody else."""
    return {name: value for name, value in environment.items() if not name.startswith("LIVEHOUSE_")}


def _die_with_parent(parent_pid: int, death_signal: int) -> Callable[[], None]:
    def prepare() -> None:
        # Popen has changed the user by now, which matters: changing it clears the death signal.
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent_pid:
            os._exit(1)  # The parent died between fork and prctl.

    return prepare


def log_tail(log_path: Path | None, lines: int = 5) -> str:
    """The last lines of a child's log, to show why it did not start."""
    if log_path is None or not log_path.exists():
        return ""
    with log_path.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
        tail = log.read().decode("utf-8", "replace")
    return "\n".join(tail.strip().splitlines()[-lines:])
