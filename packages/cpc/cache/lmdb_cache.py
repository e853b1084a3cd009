"""The cache of a node in LMDB: a file that all its processes map, one writer at a time, no server.

It is a cache: nothing is flushed to the disk on purpose, and what does not open is wiped.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import lmdb
import structlog

from cpc.cache.ports import MAX_AHEAD_MS, Entry
from cpc.kernel.clock import Clock, SystemClock

log = structlog.get_logger(__name__)

_STAMP_BYTES = 8
_VALUE, _GIVEN_UP = b"\1", b"\0"
_MAX_READERS = 254


class LmdbCache:
    """folder: of the node, for nothing else. max_bytes: when they are full, everything is dropped.
    clock: None: the system's.

    Where even an empty one cannot be opened there is no cache, which is said once.
    """

    def __init__(self, folder: Path, max_bytes: int = 64 * 2**20, *, clock: Clock | None = None) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._clock = clock or SystemClock()
        self._environment = self._open()

    def close(self) -> None:
        if self._environment is not None:
            self._environment.close()
            self._environment = None

    def get(self, key: bytes) -> Entry | None:
        if self._environment is None:
            return None
        try:
            with self._environment.begin(buffers=False) as transaction:
                found = transaction.get(key)
        except lmdb.MapResizedError:
            self._follow_size()
            return None
        except lmdb.Error as error:
            self._start_anew(error)
            return None
        entry = None if found is None else _entry(found)
        if entry is not None and self._is_ahead(entry):
            self._drop_all()
            return None
        return entry

    def put(self, key: bytes, entry: Entry) -> bool:
        if self._environment is None or self._is_ahead(entry):
            return False
        self.get(key)  # what is ahead goes
        try:
            with self._environment.begin(write=True) as transaction:
                found = transaction.get(key)
                kept = None if found is None else _entry(found)
                if kept is not None and _is_newer(kept, entry):
                    if entry.value is None:
                        transaction.put(key, _bytes(Entry(kept.stamp_ms, None)))
                    return False
                transaction.put(key, _bytes(entry))
        except lmdb.MapResizedError:
            self._follow_size()
            return False
        except (lmdb.MapFullError, lmdb.TxnFullError):
            self._drop_all()
            return False
        except lmdb.Error as error:
            self._start_anew(error)
            return False
        return True

    def _is_ahead(self, entry: Entry) -> bool:
        return entry.stamp_ms > self._clock.now().timestamp() * 1000 + MAX_AHEAD_MS

    def _open(self) -> lmdb.Environment | None:
        for is_last in (False, True):
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                environment = lmdb.open(
                    str(self._folder),
                    map_size=self._max_bytes,
                    sync=False,
                    metasync=False,
                    max_readers=_MAX_READERS,
                )
                # A process that was killed leaves its place among the readers behind.
                environment.reader_check()
                with environment.begin() as transaction:
                    transaction.stat()
            except (lmdb.Error, OSError) as error:
                log.warning("the cache does not open", folder=str(self._folder), reason=str(error))
                if is_last:
                    return None
                shutil.rmtree(self._folder, ignore_errors=True)
            else:
                return environment
        return None

    def _start_anew(self, error: lmdb.Error) -> None:
        log.warning("the cache is wiped", folder=str(self._folder), reason=str(error))
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._environment = self._open()

    def _follow_size(self) -> None:
        """Another process uses a larger map; ours grows with it."""
        if self._environment is not None:
            with contextlib.suppress(lmdb.Error):
                self._environment.set_mapsize(0)

    def _drop_all(self) -> None:
        if self._environment is None:
            return
        try:
            database = self._environment.open_db()
            with self._environment.begin(write=True) as transaction:
                transaction.drop(database, delete=False)
        except lmdb.Error as error:
            self._start_anew(error)


def _is_newer(kept: Entry, entry: Entry) -> bool:
    # What was given up in the same millisecond may have been changed after it was read.
    return kept.stamp_ms > entry.stamp_ms or (kept.stamp_ms == entry.stamp_ms and kept.value is None)


def _bytes(entry: Entry) -> bytes:
    stamp = entry.stamp_ms.to_bytes(_STAMP_BYTES)
    return stamp + (_GIVEN_UP if entry.value is None else _VALUE + entry.value)


def _entry(found: bytes) -> Entry | None:
    if len(found) <= _STAMP_BYTES:
        return None
    is_value = found[_STAMP_BYTES : _STAMP_BYTES + 1] == _VALUE
    value = found[_STAMP_BYTES + 1 :] if is_value else None
    return Entry(int.from_bytes(found[:_STAMP_BYTES]), value)
