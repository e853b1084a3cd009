"""Server CPU a delivered chat message: 1,000 sockets in one room of a real gateway on PostgreSQL and NATS.

Listeners and speakers are another process on the same machine. CPU is that of the gateway process alone: it
pays for parsing, the database client, the broadcast and every write, not for the servers behind it.

cpu_us_per_delivered_message       at 40 messages a second: nearly each message is a frame of its own
busy_cpu_us_per_delivered_message  at 300 a second: frames carry what came within 10 ms
busy_messages_per_frame
kb_per_socket                      resident memory of the gateway, idle sockets in the room
floor_us_per_send                  one bare send() of a frame of that size, from Python, to as many sockets
frame_vs_floor                     CPU of a frame at 40 messages a second, in bare sends
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.free_ports import free_port
from livehouse.main.migrations import migrate
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.persistence import build_engine

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "1000"))
SPEAKERS = 100
CHANNEL = "bench_room"
STEADY = {"per_second": 40, "messages": 320}
BUSY = {"per_second": 300, "messages": 1200}
FLOOR_ROUNDS = 50
FRAME_BYTES = 420


def main() -> dict[str, float]:
    _raise_open_files_limit()
    with tempfile.TemporaryDirectory(prefix="livehouse-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", Path(folder) / "postgres.log")
        nats = EmbeddedNats(
            Path(folder) / "nats", Path(folder) / "nats.log", free_port("127.0.0.1"), secrets.token_urlsafe()
        )
        try:
            _say("starting PostgreSQL and NATS")
            postgres.start()
            postgres.ensure_database()
            nats.start()
            migrate(postgres.dsn())
            figures = measure(postgres.dsn(), nats.url)
        finally:
            nats.stop()
            postgres.stop()
    floor_us = floor_us_per_send()
    figures["floor_us_per_send"] = floor_us
    frame_us = figures["cpu_us_per_delivered_message"] * figures["messages_per_frame"]
    figures["frame_vs_floor"] = round(frame_us / floor_us, 2)
    return figures


def measure(database_url: str, nats_url: str) -> dict[str, float]:
    key = secrets.token_hex(32)
    tokens = asyncio.run(_sign_up(database_url, key))
    settings = {"database_url": database_url, "nats_url": nats_url, "key": key}
    gateway = _start("benchmarks._chat_gateway", settings)
    load = None
    try:
        assert gateway.stdout is not None
        port = int(gateway.stdout.readline())
        process = psutil.Process(gateway.pid)
        load = _start("benchmarks._chat_load", {"port": port, "channel": CHANNEL, "tokens": tokens})
        _command(load, do="enter_speakers")
        before = process.memory_info().rss
        _command(load, do="listen", sockets=SOCKETS)
        figures: dict[str, float] = {
            "sockets": SOCKETS,
            "kb_per_socket": round((process.memory_info().rss - before) / SOCKETS / 1000, 1),
        }
        _command(load, do="speak", per_second=50, messages=50)  # to warm up
        for name, phase in (("", STEADY), ("busy_", BUSY)):
            _say(f"{phase['messages']} messages, {phase['per_second']} a second, to {SOCKETS} sockets")
            before_s = _cpu_s(process)
            counted = _command(load, do="speak", **phase)
            cpu_us = (_cpu_s(process) - before_s) * 1e6
            figures[f"{name}cpu_us_per_delivered_message"] = round(cpu_us / counted["delivered"], 2)
            figures[f"{name}messages_per_frame"] = round(counted["delivered"] / counted["frames"], 2)
            figures[f"{name}took_s"] = round(counted["took_s"], 2)
        return figures
    finally:
        for child in (load, gateway):
            if child is not None:
                child.kill()
                child.wait()


def floor_us_per_send() -> float:
    """CPU of one thread that sends the same bytes to as many sockets; another reads them."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=SOCKETS)
    ends = []
    for _ in range(SOCKETS):
        reading = socket.create_connection(listener.getsockname())
        writing, _ = listener.accept()
        writing.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ends.append((reading, writing))
    done = threading.Event()

    def read() -> None:
        buffer = bytearray(1 << 16)
        while not done.is_set():
            for reading, _ in ends:
                reading.recv_into(buffer)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    frame = bytes(FRAME_BYTES)
    cpu_s = 0.0
    for _ in range(FLOOR_ROUNDS):
        before_s = time.thread_time()
        for _, writing in ends:
            writing.send(frame)
        cpu_s += time.thread_time() - before_s
        time.sleep(0.02)
    done.set()
    for _, writing in ends:
        writing.send(frame)
    reader.join(10)
    for pair in ends:
        for end in pair:
            end.close()
    listener.close()
    return round(cpu_s * 1e6 / FLOOR_ROUNDS / SOCKETS, 2)


async def _sign_up(database_url: str, key: str) -> list[str]:
    """A channel and enough people that nobody writes faster than people may."""
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    engine = build_engine(database_url)
    keyring = KeyRing("k1", {"k1": bytes.fromhex(key)})
    accounts = build_accounts(engine, clock, ids, keyring, FakePasswordHasher())
    owner = (await accounts.sign_up(CHANNEL, "a long enough pass phrase")).account
    await build_channel(engine, clock, ids).manager.create(owner.id, owner.name)
    people = [await accounts.sign_up(f"speaker_{n}", "a long enough pass phrase") for n in range(SPEAKERS)]
    await engine.dispose()
    return [person.token for person in people]


def _start(module: str, settings: dict[str, Any]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )


def _command(load: subprocess.Popen[str], **command: Any) -> dict[str, Any]:
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdin.write(json.dumps(command) + "\n")
    load.stdin.flush()
    answer = load.stdout.readline()
    if not answer:
        raise SystemExit("the load ended before its time")
    counted: dict[str, Any] = json.loads(answer)
    return counted


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _raise_open_files_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(text: str) -> None:
    print(text, file=sys.stderr)
