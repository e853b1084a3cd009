"""A channel's page on a large platform: 1,000,000 people and channels, 10,000,000 follows, written by COPY.

A visit is what the page asks for when somebody signed in opens it: the channel, then what binds them to it.
Channels are picked as popular ones are (Zipf), visitors at random. The door runs in a process of its own,
the visitors in another; CPU is that of the door's process alone, not of the servers behind it.

channel_page_p99_ms   of a whole visit, four visitors at a time
channel_page_p50_ms
channel_page_sql      statements of a visit, the most that were counted while the channel was in the cache
channel_page_sql_cold the most when it was not
lists_sql             statements of one list, the most: browsing, search, what one follows, about, statistics
search_p99_ms         of searches one after the other, by names that are all alike and by words that all have
sequential_scans      in the plans of all these statements, of tables with more than 1,000 rows
cache_hit_rate        share of the looks at a channel that the node's cache answered during the visits
rps_vs_bare           requests a CPU-second of the page's main request, the channel, against a bare FastAPI
                      route on the same server with the same bytes; by visitors who were there within the last
                      half minute, so that their logins are known and most channels are in the cache
visit_rps_vs_bare     the same for all requests of a visit
rps_per_cpu_s         requests a CPU-second over the whole visits

BENCH_SCALE=0.001 makes a small one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
from sqlalchemy import event

from benchmarks._channel_rows import AT, account_id, fill, name
from benchmarks._channel_web import build_door
from cpc.cache.lmdb_cache import LmdbCache
from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.adapters.postgres import PostgresAccountsUnitOfWork
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.contract import LOGIN_SESSION_COOKIE, AccountId, AccountName
from livehouse.accounts.domain.account import Account
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.migrations import migrate
from livehouse.main.wiring.persistence import build_engine, read_connections
from livehouse.main.wiring.web import build_known_actors

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
PEOPLE = max(1000, int(1_000_000 * SCALE))
FOLLOWS = PEOPLE * 10
VISITORS = min(2000, PEOPLE)
VISITS = 3000 if SCALE >= 0.1 else 200
SEARCHES = 40
AT_ONCE = 4
MANY_ROWS = 1000


def main() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="livehouse-bench-") as folder:
        # A power cut may take it: what is measured is reading.
        postgres = EmbeddedPostgres(
            Path(folder) / "postgres",
            Path(folder) / "postgres.log",
            {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB", "shared_buffers": "512MB"},
        )
        try:
            postgres.start()
            postgres.ensure_database()
            migrate(postgres.dsn())
            asyncio.run(fill(postgres.dsn(), PEOPLE, FOLLOWS))
            return asyncio.run(measure(postgres.dsn(), Path(folder)))
        finally:
            postgres.stop()


async def measure(dsn: str, folder: Path) -> dict[str, float]:
    key = secrets.token_hex(32)
    tokens = await sign_in_many(dsn, key)
    # Seeded: the same visits each time.
    chance = random.Random(7)
    visits = [(chance.choice(tokens), popular(chance)) for _ in range(VISITS)]
    figures = await count_statements(dsn, key, folder / "cache-counted", visits[:50])
    with door({"database_url": dsn, "key": key, "cache": str(folder / "cache")}) as (port, process):
        answers = await visit_all(port, visits[: VISITS // 5])
        before = await reads_of_channels(port)
        took_s, cpu_s = await loaded(port, process, visits)
        figures["cache_hit_rate"] = hit_rate(before, await reads_of_channels(port))
        channel_cpu_s = await channel_alone(port, process, visits)
        figures["search_p99_ms"] = await searched(port, visits[:: max(1, len(visits) // SEARCHES)])
    with door({"answers": [answers["channel"], answers["relationship"]]}) as (port, process):
        await visit_all(port, visits[: VISITS // 5])
        _, bare_cpu_s = await loaded(port, process, visits)
        bare_channel_cpu_s = await channel_alone(port, process, visits)
    took_s.sort()
    return {
        "people": PEOPLE,
        "follows": FOLLOWS,
        "channel_page_p99_ms": round(took_s[int(len(took_s) * 0.99)] * 1000, 1),
        "channel_page_p50_ms": round(took_s[len(took_s) // 2] * 1000, 1),
        **figures,
        "rps_vs_bare": round(bare_channel_cpu_s / channel_cpu_s, 3),
        "visit_rps_vs_bare": round(bare_cpu_s / cpu_s, 3),
        "rps_per_cpu_s": round(2 * len(visits) / cpu_s, 1),
    }


def popular(chance: random.Random) -> str:
    """Few channels have most of the visits: the rank is Pareto distributed, which is Zipf's law."""
    return name(min(PEOPLE - 1, int(chance.paretovariate(0.5)) * 7919 % PEOPLE))


async def sign_in_many(dsn: str, key: str) -> list[str]:
    engine = build_engine(dsn)
    clock = SystemClock()
    tokens = LoginTokens(KeyRing("k1", {"k1": bytes.fromhex(key)}), clock, UuidV7Ids(clock))
    opened = []
    async with PostgresAccountsUnitOfWork(engine) as unit:
        for number in random.Random(3).sample(range(PEOPLE), VISITORS):
            account = Account(AccountId(account_id(number)), AccountName(name(number)), AT)
            login_session, signed_in = tokens.open(account, "Browser/1")
            await unit.login_sessions.add(login_session, keep_newest=10)
            opened.append(signed_in.token)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ANALYZE accounts.login_session")
    await engine.dispose()
    return opened


async def count_statements(
    dsn: str, key: str, cache_folder: Path, visits: list[tuple[str, str]]
) -> dict[str, float]:
    """In this process: each visit twice, the second while the cache is warm; each login is unknown first."""
    engine = build_engine(dsn)
    statements: list[tuple[str, Asked]] = []
    settings: list[tuple[str, Any]] = []

    def note(statement: str, parameters: Any) -> None:
        statements.append((statement, Asked(parameters, tuple(settings))))
        settings.clear()
        if statement.startswith("SELECT set_config"):
            settings.append((statement, parameters))

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note_of_engine(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        note(statement, parameters)

    read_connections(engine).listeners.append(note)
    cache = LmdbCache(cache_folder)
    known_actors = build_known_actors()
    transport = httpx.ASGITransport(build_door(engine, key, cache, known_actors=known_actors))
    most = {"cold": 0, "warm": 0}
    seen: dict[str, Asked] = {}
    channels: set[str] = set()
    async with httpx.AsyncClient(transport=transport, base_url="http://bench") as http:
        for token, channel in dict.fromkeys(visits):
            for state in ("cold", "warm"):
                statements.clear()
                known_actors.followed()
                known_actors.unfollowed()  # whoever was known is forgotten
                for path in paths(channel):
                    answer = await http.get(path, headers=cookie(token))
                    assert answer.status_code == 200, answer.text
                if state == "warm" or channel not in channels:
                    most[state] = max(most[state], len(statements))
                seen |= dict(statements)
            channels.add(channel)
        most["lists"] = 0
        for path in lists(visits[0][1]):
            statements.clear()
            answer = await http.get(path, headers=cookie(visits[0][0]))
            assert answer.status_code == 200, answer.text
            most["lists"] = max(most["lists"], len(statements))
            seen |= dict(statements)
    scans = await sequential_scans(dsn, seen)
    await engine.dispose()
    cache.close()
    return {
        "channel_page_sql": most["warm"],
        "channel_page_sql_cold": most["cold"],
        "lists_sql": most["lists"],
        "sequential_scans": len(scans),
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """settings: statements that set something for this one, and their parameters."""

    parameters: Any
    settings: tuple[tuple[str, Any], ...]


async def sequential_scans(dsn: str, statements: dict[str, Asked]) -> list[str]:
    connection = await asyncpg.connect(dsn.replace("postgresql+asyncpg", "postgresql"))
    found = []
    try:
        for statement, asked in statements.items():
            if not statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")):
                continue
            async with connection.transaction():
                for setting, parameters in asked.settings:
                    await connection.execute(setting, *parameters)
                explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *asked.parameters)
            plan = json.loads(explained)
            for node in nodes(plan[0]["Plan"]):
                if node["Node Type"] != "Seq Scan":
                    continue
                rows = await connection.fetchval(
                    "SELECT max(reltuples) FROM pg_class WHERE relname = $1", node["Relation Name"]
                )
                if rows > MANY_ROWS:
                    found.append(statement)
                    print(f"  sequential scan of {node['Relation Name']}: {statement}", file=sys.stderr)
    finally:
        await connection.close()
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@contextmanager
def door(settings: dict[str, Any]) -> Iterator[tuple[int, psutil.Process]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._channel_web", json.dumps(settings)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    try:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        yield port, psutil.Process(child.pid)
    finally:
        child.kill()
        child.wait()


async def loaded(
    port: int, process: psutil.Process, visits: list[tuple[str, str]]
) -> tuple[list[float], float]:
    """How long each visit took, and the CPU-seconds of the door for all of them."""
    took_s: list[float] = []
    waiting = iter(visits)

    async def visitor() -> None:
        browser = await Browser.connect(port)
        for token, channel in waiting:
            began_s = time.perf_counter()
            for path in paths(channel):
                await browser.get(path, token)
            took_s.append(time.perf_counter() - began_s)
        browser.close()

    before_s = cpu_seconds(process)
    await asyncio.gather(*(visitor() for _ in range(AT_ONCE)))
    return took_s, cpu_seconds(process) - before_s


async def channel_alone(port: int, process: psutil.Process, visits: list[tuple[str, str]]) -> float:
    browser = await Browser.connect(port)
    before_s = cpu_seconds(process)
    for token, channel in visits:
        await browser.get(paths(channel)[0], token)
    cpu_s = cpu_seconds(process) - before_s
    browser.close()
    return cpu_s


async def searched(port: int, visits: list[tuple[str, str]]) -> float:
    browser = await Browser.connect(port)
    took_s = []
    for token, channel in visits:
        for path in searches(channel):
            began_s = time.perf_counter()
            await browser.get(path, token)
            took_s.append(time.perf_counter() - began_s)
    browser.close()
    took_s.sort()
    return round(took_s[int(len(took_s) * 0.99)] * 1000, 1)


async def visit_all(port: int, visits: list[tuple[str, str]]) -> dict[str, str]:
    """To warm up. The last answers."""
    browser = await Browser.connect(port)
    answers: dict[str, str] = {}
    for token, channel in visits:
        for kind, path in zip(("channel", "relationship"), paths(channel), strict=True):
            answers[kind] = await browser.get(path, token)
    browser.close()
    return answers


async def reads_of_channels(port: int) -> dict[str, float]:
    """By outcome, what the node's cache did for channels so far."""
    browser = await Browser.connect(port)
    text = await browser.get("/metrics", "")
    browser.close()
    counter = re.compile(
        r'^livehouse_cache_reads_total\{kind="channel",outcome="(\w+)"\} (\S+)', re.MULTILINE
    )
    return {outcome: float(count) for outcome, count in counter.findall(text)}


def hit_rate(before: dict[str, float], after: dict[str, float]) -> float:
    """Stale answers are hits, too: nobody waited."""
    made = {outcome: count - before.get(outcome, 0) for outcome, count in after.items()}
    return round(1 - made.get("miss", 0) / sum(made.values()), 4)


class Browser:
    """One connection that is kept; as little work as possible, since it shares the machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> Browser:
        deadline = time.monotonic() + 60
        while True:
            try:
                return cls(*await asyncio.open_connection("127.0.0.1", port))
            except OSError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)

    async def get(self, path: str, token: str) -> str:
        cookie_line = f"{LOGIN_SESSION_COOKIE}={token}"
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie_line}\r\n\r\n".encode("ascii")
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        return (await self._reader.readexactly(length)).decode()

    def close(self) -> None:
        self._writer.close()


def paths(channel: str) -> tuple[str, str]:
    return f"/api/v1/channels/{channel}", f"/api/v1/channels/{channel}/relationship"


def searches(channel: str) -> list[str]:
    """By a name, by how it begins, by one misspelt, and by words of every title."""
    wanted = (channel, channel[:-2], channel.replace("per", "pre"), "the channel of", "person")
    return [f"/api/v1/search?q={text.replace(' ', '+')}" for text in wanted]


def lists(channel: str) -> list[str]:
    return [
        *searches(channel),
        "/api/v1/channels",
        "/api/v1/channels?live=true",
        "/api/v1/me/following",
        *(f"/api/v1/channels/{channel}/{part}" for part in ("about", "schedule", "statistics", "tiers")),
    ]


def cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"{LOGIN_SESSION_COOKIE}={token}"}


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
