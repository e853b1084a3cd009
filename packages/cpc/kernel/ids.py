"""Typed ids: UUIDv7 (RFC 9562 section 5.7) inside, printed with a prefix that names the kind."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self
from uuid import UUID

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid


@dataclass(frozen=True, slots=True, order=True)
class EntityId:
    """Base of all ids. A subclass sets `prefix`, such as `brd` for `brd_0190…` (32 hex digits)."""

    prefix: ClassVar[str] = ""
    uuid: UUID

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the printed form. Raises `Invalid` when it is not an id of this kind."""
        head, _, digits = text.partition("_")
        if head != cls.prefix or len(digits) != 32:
            raise Invalid(
                "malformed-id",
                f"'{text[:60]}' is no id of this kind: those are {cls.prefix}_ and 32 hexadecimal digits.",
            )
        try:
            return cls(UUID(hex=digits))
        except ValueError:
            raise Invalid(
                "malformed-id", f"'{text[:60]}' is no id: its digits are not hexadecimal."
            ) from None

    def __str__(self) -> str:
        return f"{self.prefix}_{self.uuid.hex}"


class Ids(Protocol):
    def uuid(self) -> UUID:
        """A fresh UUIDv7."""
        ...


class UuidV7Ids:
    """UUIDv7 from a clock and a source of random bits, both given."""

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._clock = clock
        self._random_bits = random_bits

    def uuid(self) -> UUID:
        unix_ms = int(self._clock.now().timestamp() * 1000) & (2**48 - 1)
        value = unix_ms << 80 | 0x7 << 76 | self._random_bits(12) << 64 | 0b10 << 62 | self._random_bits(62)
        return UUID(int=value)
