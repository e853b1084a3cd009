"""From a fresh clone to a page, and the second start.

first_run_s   clone made, nothing built: `make run` until its line `ready http://…`
warm_start_s  the same node again: `livehouse up` until the same line
idle_rss_mb   resident memory of all processes of the node, summed, without anybody connected. Pages that
              processes share are counted in each: the upper figure. idle_pss_mb shares them out fairly.

The clone holds what is committed. Download caches of pip, npm and cargo are left as they are on the machine.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
FREE_PORTS = "--http-port 0 --chat-port 0 --edge-port 0 --media-port 0"
STOP_WITHIN_S = 60
# Idle: less than a tenth of a core over a whole second, all processes together.
IDLE_CPU_S = 0.1


@contextmanager
def started(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[tuple[psutil.Process, float]]:
    """The running command and the seconds until it said it was ready; stopped as Ctrl-C would stop it."""
    begin = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            print(f"  {line.rstrip()}", file=sys.stderr)
            if re.match(r"ready https?://", line):
                break
        else:
            raise SystemExit(f"{' '.join(command)} ended with {process.wait()} before it was ready.")
        yield psutil.Process(process.pid), time.monotonic() - begin
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_WITHIN_S)


def cpu_s(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        times = process.cpu_times()
        total += times.user + times.system
    return total


def idle_memory_mb(root: psutil.Process, within_s: float = 60) -> tuple[float, float]:
    """Sum of RSS and of PSS over the process and all below it, once they are idle."""
    processes = [root, *root.children(recursive=True)]
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        before = cpu_s(processes)
        time.sleep(1)
        if cpu_s(processes) - before < IDLE_CPU_S:
            break
    memory = [process.memory_full_info() for process in [root, *root.children(recursive=True)]]
    return sum(part.rss for part in memory) / 1e6, sum(part.pss for part in memory) / 1e6


def main() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="livehouse-start-") as folder:
        clone = Path(folder) / "livehouse"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LIVEHOUSE_", "MAKE")) and name not in {"MFLAGS", "VIRTUAL_ENV", "OUT"}
        }
        environment["LIVEHOUSE_DATA_DIR"] = str(Path(folder) / "data")

        with started(["make", "run", f"ARGS={FREE_PORTS}"], clone, environment) as (_, first_run_s):
            pass
        livehouse = [str(clone / ".venv/bin/livehouse"), "up", *FREE_PORTS.split()]
        with started(livehouse, clone, environment) as (node, warm_start_s):
            rss_mb, pss_mb = idle_memory_mb(node)
    return {
        "first_run_s": round(first_run_s, 1),
        "warm_start_s": round(warm_start_s, 2),
        "idle_rss_mb": round(rss_mb, 1),
        "idle_pss_mb": round(pss_mb, 1),
    }
