"""What a person says of themselves."""

from __future__ import annotations

import re

from cpc.kernel.errors import Invalid
from cpc.kernel.text import visible_line
from livehouse.accounts.contract import AccountName

MAX_BIO_CHARACTERS = 300
# RFC 5646 section 2.1, as far as languages, scripts and regions go.
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


def valid_display_name(text: str, name: AccountName) -> str:
    """The name with capitals of one's own; empty for none. Raises `Invalid` (display-name)."""
    if text and (not text.isascii() or text.lower() != name.value):
        raise Invalid(
            "display-name", f"A display name is the name with other capitals: '{name}', and nothing else."
        )
    return "" if text == name.value else text


def valid_bio(text: str) -> str:
    """Lines kept; control characters and those that turn the direction dropped. Raises `Invalid`."""
    kept = "\n".join(map(visible_line, text[: MAX_BIO_CHARACTERS * 20].splitlines())).strip()
    if len(kept) > MAX_BIO_CHARACTERS:
        raise Invalid("bio-too-long", f"A bio has at most {MAX_BIO_CHARACTERS} characters.")
    return kept


def valid_locale(text: str) -> str:
    """Empty: as the browser asks. Raises `Invalid` (malformed-locale)."""
    if text and not _LOCALE.fullmatch(text):
        raise Invalid("malformed-locale", "A locale looks like en, de or pt-BR (RFC 5646).")
    return text
