"""A large platform's rows, written by COPY: people, their channels, who follows whom.

Ids are made of numbers, so that rows can be named without being read: account `n` has the channel `n`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import numpy as np

AT = datetime(2026, 1, 1, tzinfo=UTC)
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_AT_ONCE = 100_000
_ACCOUNT, _CHANNEL = 0x0198_0000_0000_7000, 0x0199_0000_0000_7000
_LOW = 0x8000_0000_0000_0000


def account_id(number: int) -> UUID:
    return UUID(int=_ACCOUNT << 64 | _LOW | number)


def channel_id(number: int) -> UUID:
    return UUID(int=_CHANNEL << 64 | _LOW | number)


def name(number: int) -> str:
    return f"person_{number:07d}"


async def fill(dsn: str, people: int, follows: int) -> None:
    connection = await asyncpg.connect(dsn.replace("postgresql+asyncpg", "postgresql"), timeout=60)
    try:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
        await _copy_people(connection, people)
        await _copy_follows(connection, people, follows)
        _say("analyzing")
        await connection.execute("ANALYZE", timeout=600)
    finally:
        await connection.close()


async def _copy_people(connection: asyncpg.Connection, people: int) -> None:
    at = AT.isoformat()
    accounts = (
        f"{account_id(n)}\t{name(n)}\tnone\t{at}\tf\t{name(n).replace('_', '').replace('rn', 'm')}\n"
        for n in range(people)
    )
    await _copy(
        connection,
        "accounts.account",
        ("account_id", "name", "password_hash", "created_at", "is_administrator", "skeleton"),
        accounts,
        people,
    )
    channels = (
        f"{account_id(n)}\t{channel_id(n)}\t{name(n)}\tThe channel of {name(n)}\t{at}\t1\n"
        for n in range(people)
    )
    await _copy(
        connection,
        "channel.channel",
        ("owner_id", "channel_id", "name", "title", "created_at", "version"),
        channels,
        people,
    )


async def _copy(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Iterable[str], count: int
) -> None:
    schema, _, relation = table.partition(".")
    progress = _Progress(table, count)

    async def chunks() -> AsyncIterator[bytes]:
        chunk: list[str] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == 10_000:
                yield "".join(chunk).encode()
                progress.add(len(chunk))
                chunk.clear()
        yield "".join(chunk).encode()
        progress.add(len(chunk))

    await connection.copy_to_table(
        relation, schema_name=schema, columns=columns, source=chunks(), timeout=900
    )
    progress.end()


async def _copy_follows(connection: asyncpg.Connection, people: int, follows: int) -> None:
    """Each person follows as many channels, spread so that no pair comes twice. Indexes are made after the
    rows, as anybody would who loads so many."""
    each = max(1, follows // people)
    indexes = await connection.fetch(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'social' AND tablename = 'follow'"
    )
    primary = await connection.fetchval(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'social.follow'::regclass AND contype = 'p'"
    )
    primary_columns = await connection.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'social.follow'::regclass AND contype = 'p'"
    )
    await connection.execute(f'ALTER TABLE social.follow DROP CONSTRAINT "{primary}"')
    others = [row["indexdef"] for row in indexes if f" {primary} " not in row["indexdef"]]
    for definition in others:
        await connection.execute(
            f"DROP INDEX social.{definition.split()[definition.split().index('ON') - 1]}"
        )
    progress = _Progress("social.follow", people * each)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
        for turn in range(each):
            for first in range(0, people, _AT_ONCE):
                numbers = np.arange(first, min(first + _AT_ONCE, people), dtype=np.uint64)
                yield _follow_rows(numbers, (numbers * 7 + 1 + turn * 104_729) % people, turn)
                progress.add(len(numbers))
        yield b"\xff\xff"

    await connection.copy_to_table(
        "follow",
        schema_name="social",
        columns=("account_id", "channel_id", "followed_at", "notifies"),
        source=chunks(),
        format="binary",
        timeout=1800,
    )
    progress.end()
    _say("indexes of social.follow")
    await connection.execute(
        f'ALTER TABLE social.follow ADD CONSTRAINT "{primary}" {primary_columns}', timeout=1800
    )
    for definition in others:
        await connection.execute(definition, timeout=1800)
    await connection.execute(
        "INSERT INTO social.follower_count (channel_id, followers)"
        " SELECT channel_id, count(*) FROM social.follow GROUP BY channel_id",
        timeout=1800,
    )


_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("account_length", ">i4"), ("account_high", ">u8"), ("account_low", ">u8"),
        ("channel_length", ">i4"), ("channel_high", ">u8"), ("channel_low", ">u8"),
        ("at_length", ">i4"), ("at", ">i8"),
        ("notifies_length", ">i4"), ("notifies", "u1"),
    ]
)  # fmt: skip
"""PostgreSQL's binary COPY: the number of fields, then each with its length before it."""


def _follow_rows(accounts: np.ndarray, channels: np.ndarray, turn: int) -> bytes:
    rows = np.empty(len(accounts), _ROW)
    rows["fields"] = 4
    rows["account_length"] = rows["channel_length"] = 16
    rows["account_high"], rows["account_low"] = _ACCOUNT, accounts | np.uint64(_LOW)
    rows["channel_high"], rows["channel_low"] = _CHANNEL, channels | np.uint64(_LOW)
    rows["at_length"], rows["notifies_length"], rows["notifies"] = 8, 1, 1
    rows["at"] = int((AT - _POSTGRES_EPOCH).total_seconds() * 1e6) + turn * 86_400_000_000
    return rows.tobytes()


class _Progress:
    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._began_s = self._shown_s = time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._shown_s > 1:
            self._shown_s = time.monotonic()
            bar = "#" * (30 * self._done // self._total)
            print(f"\r  {self._what:20} [{bar:30}] {self._done:,}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        took_s = time.monotonic() - self._began_s
        print(f"\r  {self._what:20} {self._done:,} rows in {took_s:.0f} s{'':30}", file=sys.stderr)


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr)
