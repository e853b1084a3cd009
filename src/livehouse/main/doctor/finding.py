"""One thing found out about this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """verdict: `ok`; `note` for what works but could be better; `wrong` for what will not work."""

    verdict: Literal["ok", "note", "wrong"]
    sentence: str


def ok(sentence: str) -> Finding:
    return Finding("ok", sentence)


def note(sentence: str) -> Finding:
    return Finding("note", sentence)


def wrong(sentence: str) -> Finding:
    return Finding("wrong", sentence)
