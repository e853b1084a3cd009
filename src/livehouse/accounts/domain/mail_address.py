"""Where mail goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from cpc.kernel.errors import Invalid

MAX_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets


@dataclass(frozen=True, slots=True)
class MailAddress:
    """As the HTML standard has it for `<input type=email>`: what people have, and nothing that could end a
    header line or begin another address.
    """

    value: str

    _FORM: ClassVar[re.Pattern[str]] = re.compile(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
        r"@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
    )

    def __post_init__(self) -> None:
        if len(self.value) > MAX_CHARACTERS or not self._FORM.fullmatch(self.value):
            raise Invalid("malformed-mail", "That is no mail address. It looks like ada@example.org.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The domain in lower case; white space around is dropped. Raises `Invalid` (malformed-mail)."""
        text = text[: MAX_CHARACTERS * 2].strip()
        local, _, domain = text.rpartition("@")
        # Only ASCII is folded: lower() would turn the Kelvin sign into a plain k.
        return cls(f"{local}@{domain.lower()}" if text.isascii() else text)

    @property
    def folded(self) -> str:
        """What addresses are compared by: nobody's provider tells `Ada@` from `ada@`."""
        return self.value.lower()

    def __str__(self) -> str:
        return self.value
