"""Somebody takes home what we keep of them: a zip of JSON files, written while it is read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from cpc.kernel.clock import Clock
from livehouse.access.contract import Access, Action
from livehouse.accounts.application.login_tokens import LoginTokens
from livehouse.accounts.application.ports import UnitOfWorkFactory
from livehouse.accounts.application.throttle import count_try
from livehouse.accounts.contract import Actor, ExportedFile, PersonalData

MAX_EXPORTS = 5  # in a window
MAX_RECORDS = 200_000
"""Of one file. `about.json` says where there were more."""

_RECORDS_AT_ONCE = 200


class ExportData:
    """sources: every slice that keeps something of people. Memory holds one batch of records."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        access: Access,
        sources: Sequence[PersonalData],
        tokens: LoginTokens,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._access = access
        self._sources = sources
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, actor: Actor) -> AsyncIterator[bytes]:
        """The zip, bit by bit. Raises `Unauthenticated`, `Forbidden`, `RateLimited` (too-many-exports)."""
        await self._access.require(actor, Action.EXPORT_DATA)
        account_id = actor.require_account()
        await count_try(
            self._unit_of_work,
            self._clock,
            [(self._tokens.attempt_key("export", str(account_id)), MAX_EXPORTS)],
            "too-many-exports",
            "You took your data home several times just now. Wait a while.",
        )
        files = [file for source in self._sources for file in source.of(account_id)]
        return _zip(files, self._clock.now())


async def _zip(files: Sequence[ExportedFile], now: datetime) -> AsyncIterator[bytes]:
    written = _WrittenBytes()
    cut: list[str] = []
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            with archive.open(_entry(f"{file.name}.json", now), "w", force_zip64=True) as entry:
                entry.write(b"[")
                count = 0
                async for record in file.records:
                    if count == MAX_RECORDS:
                        cut.append(file.name)
                        break
                    entry.write(
                        (b",\n" if count else b"\n") + json.dumps(record, ensure_ascii=False).encode()
                    )
                    count += 1
                    if count % _RECORDS_AT_ONCE == 0:
                        yield written.take()
                entry.write(b"\n]\n")
            yield written.take()
        about = {"exported_at": now.isoformat(), "files": [file.name for file in files], "cut_short": cut}
        archive.writestr(_entry("about.json", now), json.dumps(about, indent=2) + "\n")
    yield written.take()


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _WrittenBytes(io.RawIOBase):
    """A file one can only write to; what was written is taken out again."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._buffer += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._buffer)
        self._buffer.clear()
        return taken
