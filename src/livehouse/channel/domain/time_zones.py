"""IANA time zones from the package `tzdata`, so that every node knows the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from cpc.kernel.errors import Invalid

_PACKAGE = files(tzdata)


@cache
def time_zone_names() -> frozenset[str]:
    return frozenset(_PACKAGE.joinpath("zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=1024)
def time_zone(name: str) -> ZoneInfo:
    """name: such as `Europe/Paris`. Raises `Invalid` (no-such-time-zone)."""
    if name not in time_zone_names():
        raise Invalid(
            "no-such-time-zone",
            f"There is no time zone '{name[:60]}'. Give an IANA name such as Europe/Paris.",
        )
    with _PACKAGE.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a naive local time, in UTC.

    One that occurs twice is the first; one that is skipped counts by the offset before the gap, and so falls
    as much after the gap as it was meant after its beginning (RFC 5545 section 3.3.5).
    """
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """at: in UTC. offset_before, offset_after: from UTC. name: of the time after it, such as CEST."""

    at: datetime
    offset_before: timedelta
    offset_after: timedelta
    name: str
    is_daylight_saving: bool

    def skips(self, local: datetime) -> bool:
        """Whether the naive local time is one that clocks pass over here."""
        at_local = self.at.replace(tzinfo=None)
        return at_local + self.offset_before <= local < at_local + self.offset_after


@lru_cache(maxsize=2048)
def offset_changes(name: str, first_year: int, last_year: int) -> tuple[OffsetChange, ...]:
    """From the beginning of `first_year` to the end of `last_year`, by UTC, to the second."""
    zone = time_zone(name)
    day, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    changes: list[OffsetChange] = []
    while day < end:
        following = day + timedelta(days=1)
        if _offset(day, zone) != _offset(following, zone):
            at = _bisected(day, following, zone)
            local = at.astimezone(zone)
            changes.append(
                OffsetChange(
                    at, _offset(day, zone), _offset(at, zone), local.tzname() or name, bool(local.dst())
                )
            )
        day = following
    return tuple(changes)


def _bisected(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the offset of `after`."""
    old = _offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
