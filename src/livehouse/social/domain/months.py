"""Counting months from a day on. A month ends on the same day of the next one, or on its last day."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime


def add_months(start: datetime, months: int) -> datetime:
    """Always from the first day, so that the 31st comes back after a February."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def months_begun(start: datetime, now: datetime) -> int:
    """How many have begun since `start`, the first at once; 0 before."""
    if now < start:
        return 0
    months = (now.year - start.year) * 12 + now.month - start.month
    return months + 1 if add_months(start, months) <= now else months
