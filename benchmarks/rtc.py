"""Server CPU a forwarded packet: one broadcaster at 2.5 Mbit/s with Opus, 100 viewers, all by WHIP and WHEP.

The load is the native program `rtc-load`: real WebRTC peers on the same machine, without UDP_GRO, so that the
media process also pays for cutting its batches into datagrams. CPU is that of the media process alone.

cpu_us_per_forwarded_packet  media process, user and system, a packet that reached a viewer
lost_fraction                of the packets a viewer should have got, after retransmission
travel_p50_us, travel_p99_us from the broadcaster's write to the viewer's decrypted packet, in one process
join_p50_us, join_p99_us     WHEP offer until its answer
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
LIVEHOUSE = Path(sys.executable).with_name("livehouse")
VIEWERS = int(os.environ.get("BENCH_VIEWERS", "100"))
MEASURED_S = int(os.environ.get("BENCH_SECONDS", "15"))


def main() -> dict[str, float]:
    build = ["cargo", "build", "--release", "--quiet", "--package=rtc-load"]
    subprocess.run(build, cwd=ROOT / "native", check=True)
    with tempfile.TemporaryDirectory(prefix="livehouse-bench-") as folder:
        ports = [f"--{door}-port=0" for door in ("http", "chat", "edge", "media")]
        node = subprocess.Popen(
            [LIVEHOUSE, "up", f"--data-dir={folder}", *ports],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"LIVEHOUSE_HTTP_REQUESTS_PER_SECOND": "1000"},
        )
        try:
            assert node.stdout is not None
            if not any(line.startswith("ready ") for line in node.stdout):
                raise SystemExit("the node did not start")
            return measure(Path(folder), node.pid)
        finally:
            node.terminate()
            node.wait(30)


def measure(data_dir: Path, supervisor: int) -> dict[str, float]:
    create = [str(LIVEHOUSE), "channel", "create", "rtc_bench", f"--data-dir={data_dir}", "--json"]
    channel = json.loads(subprocess.run(create, check=True, capture_output=True, text=True).stdout)
    media = next(
        child
        for child in psutil.Process(supervisor).children(recursive=True)
        if " ".join(child.cmdline()).startswith("livehouse: media")
    )
    load = subprocess.Popen(
        [
            ROOT / "native/target/release/rtc-load",
            f"--whip={channel['whip_url']}",
            f"--whep={channel['whep_url']}",
            f"--stream-key={channel['stream_key']}",
            f"--viewers={VIEWERS}",
            f"--seconds={MEASURED_S}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert load.stdout is not None
    cpu_at_start = 0.0
    for line in load.stdout:
        figures = json.loads(line)
        cpu = media.cpu_times()
        if figures.pop("phase") == "steady":
            cpu_at_start = cpu.user + cpu.system
            print(f"{VIEWERS} viewers receive; measuring {MEASURED_S} s", file=sys.stderr)
            continue
        cpu_s = cpu.user + cpu.system - cpu_at_start
        figures["cpu_us_per_forwarded_packet"] = round(cpu_s / figures["packets_received"] * 1e6, 3)
        figures["media_cpu_share"] = round(cpu_s / figures["measured_s"], 4)
        figures["media_rss_mb"] = round(media.memory_info().rss / 1e6, 1)
        load.wait(30)
        return dict(figures)
    raise SystemExit(f"rtc-load ended with {load.wait(30)}")
