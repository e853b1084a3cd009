"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(read: Callable[[], T | None], within_s: float = 30, every_s: float = 0.2) -> T:
    """The first true answer of `read`; fails with the last one when none came in time."""
    deadline = time.monotonic() + within_s
    while not (answer := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {within_s} s")
        time.sleep(every_s)
    return answer
