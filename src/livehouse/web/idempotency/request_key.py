"""Reading the header, and telling one request from another."""

from __future__ import annotations

import hashlib
import re

from cpc.kernel.errors import Invalid
from livehouse.web.idempotency.kept_answers import RequestKey

MAX_KEY_CHARACTERS = 255
# A String of RFC 9651 section 3.3.3. Many programs leave the quotes out, so both forms count.
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[A-Za-z0-9._~:/+=-]+")


def read_key(header: str) -> str:
    """Raises `Invalid` (malformed-idempotency-key)."""
    header = header.strip()
    quoted = _QUOTED.fullmatch(header)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else header
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not (quoted or _BARE.fullmatch(header)):
        raise Invalid(
            "malformed-idempotency-key",
            f"Idempotency-Key is a text in quotes of 1 to {MAX_KEY_CHARACTERS} printable ASCII characters,"
            " at best a UUID.",
        )
    return key


def request_key(owner: str, key: str, *, method: str, target: bytes, body: bytes) -> RequestKey:
    """owner: whose key it is, for two people may choose the same one. target: path and query as sent."""
    parts = (method.encode(), target, body)
    fingerprint = hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
    return RequestKey(owner, key, fingerprint.digest())
