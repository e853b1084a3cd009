"""Cursors of lists by time, newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from cpc.kernel.cursors import read_cursor, write_cursor
from cpc.kernel.ids import EntityId
from livehouse.social.application.ports import Place

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def cursor_at(listing: str, place: Place) -> str:
    return write_cursor(listing, (place.at - _EPOCH) // _MICROSECOND, place.id.uuid.hex)


def place_at(listing: str, cursor: str | None) -> Place | None:
    """Raises `Invalid` (malformed-cursor)."""
    return read_cursor(cursor, listing, _place)


def _place(microseconds: int, digits: str) -> Place:
    if not 0 <= microseconds < _LATEST:
        raise ValueError(microseconds)
    return Place(_EPOCH + microseconds * _MICROSECOND, EntityId(UUID(hex=digits)))
