"""Server CPU, delay, loss and memory of WebRTC forwarding: one broadcaster with Opus, many viewers.

The broadcast has 2.5 Mbit/s. The server's media process has a core alone; the load and all else have the
other. The load is the native program rtc-load: real WebRTC peers on this machine, without UDP_GRO, so that
the server pays for cutting its batches into datagrams. Beside Livehouse stand a forwarder on pion
(benchmarks/peers/pion) and the floor (rtc-floor): one thread that seals and sends the same packets, as many
to a message, and does nothing else. What is compared is measured in turns, round after round; a ratio is the
median of the rounds' ratios, a figure the median of the rounds' figures.

cpu_vs_pion_100, cpu_vs_pion_200  media process's CPU a packet delivered, over that of pion
cpu_vs_floor_200                  the same over the floor
p99_vs_pion_200                   99th percentile of the time from the broadcaster's socket to a viewer's
viewers_without_loss              the most viewers measured that missed no packet but by their own full
                                  receive buffers and no packet by half a second, with the load under 90 %
                                  of its core
kb_per_viewer                     growth of the media process's memory from 100 viewers to those
cpu_two_shards_vs_one             CPU a packet with two shards over one, 200 viewers, on the same single core
*_cpu_us_N                        µs of CPU a packet delivered at N viewers
others_share                      the most of the server's core that other programs took in a measurement

Single points: BENCH_VIEWERS=200 measures those counts only, BENCH_SERVERS=livehouse,pion,floor,shards whom.
BENCH_SECONDS a measurement, BENCH_ROUNDS, BENCH_PACE (frame or 5ms), BENCH_FILM (av1, h264, vp8; else
synthetic VP8) and BENCH_MOST viewers change how.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil

from benchmarks._film import encode, original
from benchmarks._rtc_servers import ROOT, Server, livehouse_node, pion_forwarder, two_cores

PROGRAMS = ROOT / "native/target/release"
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PACE = os.environ.get("BENCH_PACE", "frame")
FILM = os.environ.get("BENCH_FILM")
MOST = int(os.environ.get("BENCH_MOST", "2000"))
SMALL = (10, 50)
LARGE = (100, 200)
CAPACITY_STEP = 200
SERVERS = ("livehouse", "pion", "floor", "shards")
MAX_LOAD_CPU_SHARE = 0.9
MAX_TRAVEL_US = 500_000
MAX_OTHERS_SHARE = 0.1

PICTURES_PER_S, PACKETS_PER_PICTURE, OPUS_PER_S = 30, 9, 50
# Measured earlier on such a machine; here only for the reader.
ELSEWHERE = {
    "MediaMTX": {10: "17.0", 50: "10.9", 100: "8.8-11", 200: "7.4-8.0"},
    "Broadcast Box": {10: "14.7", 50: "10.8", 100: "8.0", 200: "8.4"},
}

# Figures of rtc-load, with those of the server beside them.
Point = dict[str, float]


def main() -> dict[str, float]:
    server_core, other_core = two_cores()
    os.sched_setaffinity(0, {other_core})
    build = ["cargo", "build", "--release", "--quiet", "--locked", "--package=rtc-load"]
    subprocess.run(build, cwd=ROOT / "native", check=True)
    wanted = os.environ.get("BENCH_SERVERS", ",".join(SERVERS)).split(",")
    with tempfile.TemporaryDirectory(prefix="livehouse-bench-") as temporary, ExitStack() as running:
        folder = Path(temporary)
        options = [f"--film={encode(original(), FILM, folder)}"] if FILM else []
        servers = {}
        if "livehouse" in wanted or "shards" in wanted:
            servers["livehouse"] = running.enter_context(livehouse_node(folder / "one", 1, server_core))
        if "shards" in wanted:
            servers["shards"] = running.enter_context(livehouse_node(folder / "two", 2, server_core))
        if "pion" in wanted:
            servers["pion"] = running.enter_context(pion_forwarder(folder, server_core))
        scenario = Scenario(servers, "floor" in wanted, (server_core, other_core), options)
        if counts := os.environ.get("BENCH_VIEWERS"):
            scenario.measure_rounds([int(count) for count in counts.split(",")])
        else:
            scenario.measure_capacity()
            scenario.measure_once()
            scenario.measure_rounds(LARGE)
        scenario.print_table()
        return scenario.figures()


class Scenario:
    def __init__(
        self, servers: dict[str, Server], with_floor: bool, cores: tuple[int, int], options: Sequence[str]
    ) -> None:
        self._servers = servers
        self._with_floor = with_floor
        self._server_core, self._other_core = cores
        self._options = options
        # By what was measured and the number of viewers: one point a round.
        self._points: defaultdict[tuple[str, int], list[Point]] = defaultdict(list)
        self._capacity: list[Point] = []
        self._others_share = 0.0

    def measure_capacity(self) -> None:
        """First of all: later the process would already own memory that viewers need."""
        if server := self._servers.get("livehouse"):
            counts = [100, *range(CAPACITY_STEP, MOST + 1, CAPACITY_STEP)]
            self._capacity = self._run(server, counts, "--stop-at-loss")

    def measure_once(self) -> None:
        """Rows beside the compared ones."""
        for name in ("livehouse", "pion"):
            if server := self._servers.get(name):
                self._keep(name, self._run(server, SMALL))
        if server := self._servers.get("livehouse"):
            self._keep("gro", self._run(server, LARGE, "--gro"))
            self._keep("paced", self._run(server, LARGE[-1:], "--pace=5ms"))

    def measure_rounds(self, counts: Sequence[int]) -> None:
        for _ in range(ROUNDS):
            packets_a_message = dict.fromkeys(counts, 4.0)
            if server := self._servers.get("livehouse"):
                points = self._run(server, counts)
                self._keep("livehouse", points)
                packets_a_message = {int(point["viewers"]): point["packets_a_message"] for point in points}
            if server := self._servers.get("shards"):
                self._keep("shards", self._run(server, counts[-1:]))
            if server := self._servers.get("pion"):
                self._keep("pion", self._run(server, counts))
            if self._with_floor:
                for count in counts:
                    self._keep("floor", [self._run_floor(count, packets_a_message[count])])

    def _keep(self, name: str, points: Sequence[Point]) -> None:
        for point in points:
            self._points[name, int(point["viewers"])].append(point)

    def _run(self, server: Server, counts: Sequence[int], *options: str) -> list[Point]:
        load = subprocess.Popen(
            [
                PROGRAMS / "rtc-load",
                f"--whip={server.whip_url}",
                f"--whep={server.whep_url}",
                f"--stream-key={server.stream_key}",
                f"--viewers={','.join(map(str, counts))}",
                f"--seconds={SECONDS}",
                f"--pace={PACE}",
                *self._options,
                *options,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert load.stdout is not None
        points = []
        cpu_at_start, busy_at_start = 0.0, 0.0
        for line in load.stdout:
            point = json.loads(line)
            cpu_s, busy_s = server.cpu_s(), busy_core_s(self._server_core)
            if point["phase"] == "steady":
                cpu_at_start, busy_at_start = cpu_s, busy_s
                continue
            point["cpu_us"] = (cpu_s - cpu_at_start) / max(point["packets_received"], 1) * 1e6
            point["server_cpu_share"] = (cpu_s - cpu_at_start) / point["measured_s"]
            others_s = busy_s - busy_at_start - (cpu_s - cpu_at_start)
            point["others_share"] = others_s / point["measured_s"]
            self._others_share = max(self._others_share, point["others_share"])
            point["memory_bytes"] = server.memory_bytes()
            points.append(point)
            say(
                f"{server.name}: {point['viewers']} viewers, {point['cpu_us']:.2f} µs a packet, p99 "
                f"{point['travel_p99_us']} µs, {point['packets_lost_by_server']} lost by the server and "
                f"{point['receiver_drops']} by receivers, server {point['server_cpu_share']:.0%}, load "
                f"{point['load_cpu_share']:.0%}, others {point['others_share']:.0%} of a core"
            )
        if load.wait() != 0:
            raise SystemExit(f"rtc-load ended with {load.returncode} against {server.name}")
        return points

    def _run_floor(self, viewers: int, packets_a_message: float) -> Point:
        floor = subprocess.run(
            [
                PROGRAMS / "rtc-floor",
                f"--viewers={viewers}",
                f"--packets-a-picture={PACKETS_PER_PICTURE}",
                f"--group={group_of(packets_a_message)}",
                f"--send-core={self._server_core}",
                f"--receive-core={self._other_core}",
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        figures = json.loads(floor.stdout)
        say(f"floor: {viewers} viewers, {figures['cpu_us_per_packet']:.2f} µs a packet")
        return {
            "viewers": viewers,
            "cpu_us": figures["cpu_us_per_packet"],
            "packets_a_message": figures["packets_a_message"],
        }

    def figures(self) -> dict[str, float]:
        ratios = {
            "cpu_vs_pion_100": self._ratio("livehouse", "pion", 100, "cpu_us"),
            "cpu_vs_pion_200": self._ratio("livehouse", "pion", 200, "cpu_us"),
            "cpu_vs_floor_100": self._ratio("livehouse", "floor", 100, "cpu_us"),
            "cpu_vs_floor_200": self._ratio("livehouse", "floor", 200, "cpu_us"),
            "p99_vs_pion_200": self._ratio("livehouse", "pion", 200, "travel_p99_us"),
            "cpu_two_shards_vs_one": self._ratio("shards", "livehouse", 200, "cpu_us"),
        }
        figures = {key: round(ratio, 3) for key, ratio in ratios.items() if ratio is not None}
        figures |= self._capacity_figures()
        figures["others_share"] = round(self._others_share, 3)
        for (name, viewers), points in self._points.items():
            figures[f"{name}_cpu_us_{viewers}"] = round(median(point["cpu_us"] for point in points), 3)
            figures[f"{name}_packets_a_message_{viewers}"] = round(points[-1]["packets_a_message"], 2)
            if name != "floor":
                figures[f"{name}_p99_us_{viewers}"] = median(point["travel_p99_us"] for point in points)
                figures[f"{name}_load_share_{viewers}"] = round(points[-1]["load_cpu_share"], 3)
        return figures

    def _ratio(self, name: str, peer: str, viewers: int, key: str) -> float | None:
        ours, theirs = (self._points.get((each, viewers), []) for each in (name, peer))
        ratios = [point[key] / other[key] for point, other in zip(ours, theirs, strict=False)]
        return median(ratios) if ratios else None

    def _capacity_figures(self) -> dict[str, float]:
        held = [point for point in self._capacity if holds(point)]
        if len(held) < 2:
            return {}
        few, many = held[0], held[-1]
        grown = many["memory_bytes"] - few["memory_bytes"]
        return {
            "viewers_without_loss": many["viewers"],
            "kb_per_viewer": round(grown / (many["viewers"] - few["viewers"]) / 1000, 1),
            "cpu_us_at_most": round(many["cpu_us"], 3),
            "cpu_at_most_vs_100": round(many["cpu_us"] / few["cpu_us"], 3),
            "load_share_at_most": round(many["load_cpu_share"], 3),
            "server_share_at_most": round(many["server_cpu_share"], 3),
            "join_p50_us_at_most": many["join_p50_us"],
        }

    def print_table(self) -> None:
        counts = sorted({viewers for _, viewers in self._points})
        say("\nserver CPU, µs a packet delivered")
        say(f"{'viewers':32}" + "".join(f"{count:>10}" for count in counts))
        rows = {
            "livehouse": "Livehouse",
            "paced": "Livehouse, picture in 5 ms bursts",
            "shards": "Livehouse, two shards",
            "gro": "Livehouse, receivers with GRO",
            "pion": "pion, plain forwarder",
            "floor": "floor: seal and send",
        }
        for name, title in rows.items():
            cells = (self._points.get((name, count)) for count in counts)
            texts = (f"{median(point['cpu_us'] for point in cell):.2f}" if cell else "-" for cell in cells)
            say(f"{title:32}" + "".join(f"{text:>10}" for text in texts))
        for title, cpu_us in ELSEWHERE.items():
            say(
                f"{title + ' (measured earlier)':32}"
                + "".join(f"{cpu_us.get(count, '-'):>10}" for count in counts)
            )
        if self._capacity:
            say("\nLivehouse on one core")
            say("viewers  µs a packet  lost by server  by receivers  server  load  memory, MB  p99, µs")
        for point in self._capacity:
            say(
                f"{point['viewers']:7}  {point['cpu_us']:11.2f}  {point['packets_lost_by_server']:14}  "
                f"{point['receiver_drops']:12}  {point['server_cpu_share']:6.0%}  "
                f"{point['load_cpu_share']:4.0%}  {point['memory_bytes'] / 1e6:10.1f}  "
                f"{point['travel_p99_us']:7}"
            )
        if self._others_share > MAX_OTHERS_SHARE:
            say(
                f"\nOther programs had {self._others_share:.0%} of the server's core: measure when they rest."
            )
        say("")


def holds(point: Point) -> bool:
    """Whether nothing was lost but by the receivers or came late, and the load was no limit."""
    lost = point["packets_lost_by_server"] + point["viewers_starved"] + point["viewers_gone"]
    in_time = point["travel_p99_us"] <= MAX_TRAVEL_US
    return lost == 0 and in_time and point["load_cpu_share"] < MAX_LOAD_CPU_SHARE


def group_of(packets_a_message: float) -> int:
    """Packets of a picture in one message, for as many packets a message over all when Opus travels alone."""

    def mean(group: int) -> float:
        messages = PICTURES_PER_S * -(-PACKETS_PER_PICTURE // group) + OPUS_PER_S
        return (PICTURES_PER_S * PACKETS_PER_PICTURE + OPUS_PER_S) / messages

    return min(range(1, PACKETS_PER_PICTURE + 1), key=lambda group: abs(mean(group) - packets_a_message))


def busy_core_s(core: int) -> float:
    times = psutil.cpu_times(percpu=True)[core]
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
