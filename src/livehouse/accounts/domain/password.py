"""What a password must be (NIST SP 800-63B section 3.1.1.2: length counts, composition rules do not)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Self

from cpc.kernel.errors import Invalid

MIN_CHARACTERS = 8
MAX_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Password:
    """A password someone typed; never printed."""

    text: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """NFKC, so that the same keys on another keyboard give the same password."""
        return cls(unicodedata.normalize("NFKC", text[: MAX_CHARACTERS + 1]))

    @classmethod
    def parse_new(cls, text: str, *, account_name: str) -> Self:
        """A password to be set. Raises `Invalid` (slug `weak-password`)."""
        password = cls.parse(text)
        if not MIN_CHARACTERS <= len(password.text) <= MAX_CHARACTERS:
            raise Invalid("weak-password", f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.")
        if password.text.lower() == account_name or len(set(password.text)) < 3:
            raise Invalid("weak-password", "That password is too easy to guess. Choose another one.")
        return password
