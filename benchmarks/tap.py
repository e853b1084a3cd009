"""Four taps of one broadcast, drained from Python while a thread keeps its lock and viewers watch.

One broadcaster at 2.5 Mbit/s with Opus, 60 viewers. Phases with and without the taps take turns in one run,
five times. Times are the least of the five: whatever else the machine does only adds to them.

us_per_unit           processor time of `drain` an access unit, making Python objects included
units_per_second      of all taps
dropped_packets, gaps of all taps
age_p50_ms            from the capture of a unit to its being drained, waiting for the lock included
travel_p50_us, travel_p99_us, lost_fraction, cpu_us_per_packet
                      of forwarding without taps; with taps under `…_tapped`, and `…_ratio` of the two;
                      the processor time is that of the media threads
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VIEWERS = 60
# The first is left out: the lock is not kept while viewers join.
PHASES = ("joining", *("untapped", "tapped") * 5)
MEASURED_S = 4
LIMIT_S = 30


def main() -> dict[str, float]:
    build = ["cargo", "build", "--release", "--quiet", "--locked", "--package=rtc-load"]
    subprocess.run(build, cwd=ROOT / "native", check=True)
    node = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._tapped_node"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        return summary(measure(node))
    finally:
        node.kill()
        node.wait()


def measure(node: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Figures of each phase: those of the load and those of the node."""
    assert node.stdin is not None
    assert node.stdout is not None
    address = node.stdout.readline().strip()
    load = subprocess.Popen(
        [
            ROOT / "native/target/release/rtc-load",
            f"--whip={address}/whip",
            f"--whep={address}/whep",
            "--stream-key=none",
            f"--viewers={','.join([str(VIEWERS)] * len(PHASES))}",
            f"--seconds={MEASURED_S}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert load.stdout is not None
    phases: list[dict[str, Any]] = []
    following = iter((*PHASES[1:], "over"))
    try:
        for line in load.stdout:
            figures = json.loads(line)
            if figures["phase"] == "steady":
                continue
            # The load warms up for the next phase meanwhile.
            print(next(following), file=node.stdin, flush=True)
            phases.append(figures | json.loads(node.stdout.readline()) | {"phase": PHASES[len(phases)]})
            travel = f"p50 {figures['travel_p50_us']} µs, p99 {figures['travel_p99_us']} µs"
            print(f"{phases[-1]['phase']:8}: {travel}", file=sys.stderr)
    except BaseException:
        load.kill()
        raise
    if load.wait(LIMIT_S) or len(phases) < len(PHASES):
        raise SystemExit(f"rtc-load ended with {load.returncode} after {len(phases)} phases")
    return phases


def summary(phases: list[dict[str, Any]]) -> dict[str, float]:
    def forwarding(name: str) -> dict[str, float]:
        runs = [phase for phase in phases if phase["phase"] == name]
        return {
            "travel_p50_us": min(run["travel_p50_us"] for run in runs),
            "travel_p99_us": min(run["travel_p99_us"] for run in runs),
            "lost_fraction": sum(run["packets_lost_by_server"] for run in runs)
            / sum(run["packets_expected"] for run in runs),
            "cpu_us_per_packet": sum(run["media_cpu_s"] for run in runs)
            / sum(run["media_packets"] for run in runs)
            * 1e6,
        }

    tapped = [phase for phase in phases if phase["phase"] == "tapped"]
    before, after = forwarding("untapped"), forwarding("tapped")
    units = sum(sum(run["units"]) for run in tapped)
    figures: dict[str, float] = {
        "viewers": VIEWERS,
        "taps": len(tapped[0]["units"]),
        "us_per_unit": round(sum(run["drain_cpu_s"] for run in tapped) / units * 1e6, 2),
        "units_per_second": round(units / sum(run["tapped_s"] for run in tapped), 1),
        "dropped_packets": sum(run["dropped_packets"] for run in tapped),
        "gaps": sum(run["gaps"] for run in tapped),
        "age_p50_ms": round(min(run["age_p50_ms"] for run in tapped), 2),
    }
    for name, value in before.items():
        figures[name] = round(value, 6)
        figures[f"{name}_tapped"] = round(after[name], 6)
        if value:
            figures[f"{name}_ratio"] = round(after[name] / value, 3)
    return figures
