"""Keys with ids, so that they can be rotated: new values use the active key, old ones still verify."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeyRing:
    """active_id: the key that new values are made with. keys: id to secret, at least 32 bytes each."""

    active_id: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.active_id not in self.keys:
            raise ValueError(f"the key ring has no key named by its active id '{self.active_id}'")
        if any(len(key) < 32 for key in self.keys.values()):
            raise ValueError("a key of the key ring is shorter than 32 bytes")

    def keyed_hash(self, value: bytes, *, purpose: str) -> tuple[str, bytes]:
        """(key id, HMAC-SHA256) under the active key. Hashes for one purpose are worthless for another."""
        return self.active_id, self._hash(self.keys[self.active_id], value, purpose)

    def keyed_hashes(self, value: bytes, *, purpose: str) -> list[tuple[str, bytes]]:
        """The same under every key, the active one first: what a lookup compares with."""
        ordered = sorted(self.keys, key=lambda key_id: (key_id != self.active_id, key_id))
        return [(key_id, self._hash(self.keys[key_id], value, purpose)) for key_id in ordered]

    @staticmethod
    def _hash(key: bytes, value: bytes, purpose: str) -> bytes:
        return hmac.digest(key, purpose.encode() + b"\0" + value, hashlib.sha256)
