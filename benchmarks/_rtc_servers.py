"""What benchmarks/rtc.py measures: a node of Livehouse and the forwarder on pion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
LIVEHOUSE = Path(sys.executable).with_name("livehouse")
PION = ROOT / "benchmarks/peers/pion"
CHANNEL = "rtc_bench"

_STOP_LIMIT_S = 30
# Linux, include/linux/posix-timers_types.h: the CPU clock of a process, in nanoseconds of the scheduler.
_CPUCLOCK_SCHED = 2


@dataclass(frozen=True)
class Server:
    """One broadcast's endpoints, and the process that forwards it."""

    name: str
    whip_url: str
    whep_url: str
    stream_key: str
    pid: int

    def cpu_s(self) -> float:
        """User and system time of all its threads, those that have ended too."""
        return time.clock_gettime_ns((~self.pid << 3) | _CPUCLOCK_SCHED) / 1e9

    def memory_bytes(self) -> int:
        """Proportional set size."""
        return int(psutil.Process(self.pid).memory_full_info().pss)


def two_cores() -> tuple[int, int]:
    """One for the server, one for everything else."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("This benchmark needs two cores: one for the server, one for the load.")
    return cores[0], cores[1]


@contextmanager
def livehouse_node(data_dir: Path, shards: int, core: int) -> Iterator[Server]:
    """A whole node; only its media process runs on `core`."""
    ports = [f"--{door}-port=0" for door in ("http", "chat", "edge", "media")]
    # One address makes all the requests here, which a node would take for a flood.
    generous = {"LIVEHOUSE_HTTP_REQUESTS_PER_SECOND": "1000", "LIVEHOUSE_HTTP_REQUEST_BURST": "5000"}
    node = subprocess.Popen(
        [LIVEHOUSE, "up", f"--data-dir={data_dir}", *ports],
        stdout=subprocess.PIPE,
        stderr=(data_dir.parent / f"{data_dir.name}.log").open("wb"),
        text=True,
        env=os.environ | generous | {"LIVEHOUSE_MEDIA_SHARDS": str(shards)},
    )
    try:
        assert node.stdout is not None
        if not any(line.startswith("ready ") for line in node.stdout):
            raise SystemExit("the node did not start")
        create = [str(LIVEHOUSE), "channel", "create", CHANNEL, f"--data-dir={data_dir}", "--json"]
        channel = json.loads(subprocess.run(create, check=True, capture_output=True, text=True).stdout)
        media = next(
            child.pid
            for child in psutil.Process(node.pid).children(recursive=True)
            if " ".join(child.cmdline()).startswith("livehouse: media")
        )
        _pin(media, core)
        name = f"livehouse, {shards} shard{'s' if shards > 1 else ''}"
        yield Server(name, channel["whip_url"], channel["whep_url"], channel["stream_key"], media)
    finally:
        node.terminate()
        node.wait(_STOP_LIMIT_S)


@contextmanager
def pion_forwarder(folder: Path, core: int) -> Iterator[Server]:
    program = folder / "pion"
    subprocess.run(["go", "build", "-o", program, "."], cwd=PION, check=True)
    # Go counts the cores once, at the start.
    others = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        forwarder = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    finally:
        os.sched_setaffinity(0, others)
    try:
        assert forwarder.stdout is not None
        url = forwarder.stdout.readline().strip()
        yield Server("pion", f"{url}/whip", f"{url}/whep", "unused", forwarder.pid)
    finally:
        forwarder.terminate()
        forwarder.wait(_STOP_LIMIT_S)


def _pin(pid: int, core: int) -> None:
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, {core})
