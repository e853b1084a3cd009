"""The node's own secrets: made at the first start, kept with mode 0600, rotated by key id."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cpc.kernel.clock import Clock
from cpc.kernel.keyring import KeyRing
from livehouse.main.data_folder import write_private
from livehouse.main.embedded.child_program import NodeError

RingName = Literal["token", "signing"]
RING_NAMES: tuple[RingName, ...] = ("token", "signing")
_KEY_BYTES = 32
_ADVICE = "Restore it from a backup."


class NodeSecrets:
    """`token`: access tokens, cookies and stream keys are kept as hashes under it.
    `signing`: for what is handed out and must be recognised as ours.

    A file is `{"active": "<id>", "keys": {"<id>": {"secret": "<base64>", "made_at": "<RFC 3339>"}}}`.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def ensure(self) -> None:
        """Make what is missing."""
        for name in RING_NAMES:
            if not self._path(name).exists():
                key_id, key = self._new_key(self._clock.now())
                self._write(name, key_id, {key_id: key})
        self.nats_password()

    def key_ring(self, name: RingName) -> KeyRing:
        active, keys = self._read(name)
        return KeyRing(active, {key_id: base64.b64decode(key["secret"]) for key_id, key in keys.items()})

    def rotate(self, name: RingName, keep: int = 3) -> str:
        """Make a new active key and keep the newest `keep` old ones; returns its id.

        Hashes under a key that is dropped no longer verify: those who hold such tokens sign in anew.
        """
        _, keys = self._read(name)
        newest_first = sorted(keys, key=lambda key_id: keys[key_id]["made_at"], reverse=True)
        kept = {key_id: keys[key_id] for key_id in newest_first[:keep]}
        key_id, key = self._new_key(self._clock.now())
        self._write(name, key_id, {key_id: key, **kept})
        return key_id

    def nats_password(self) -> str:
        path = self._folder / "nats.json"
        if not path.exists():
            write_private(path, json.dumps({"password": secrets.token_urlsafe(32)}))
        password: str = self._load(path)["password"]
        return password

    def _path(self, name: RingName) -> Path:
        return self._folder / f"{name}.json"

    def _read(self, name: RingName) -> tuple[str, dict[str, dict[str, str]]]:
        content = self._load(self._path(name))
        try:
            return content["active"], content["keys"]
        except KeyError as error:
            raise NodeError(
                f"The secrets file {self._path(name)} lacks {error}. Restore it from a backup."
            ) from None

    @staticmethod
    def _load(path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise NodeError(
                f"The secrets file {path} cannot be read ({error}). Restore it from a backup."
            ) from error
        if not isinstance(content, dict):
            raise NodeError(f"The secrets file {path} is damaged. {_ADVICE}")
        return content

    def _write(self, name: RingName, active: str, keys: dict[str, dict[str, str]]) -> None:
        write_private(self._path(name), json.dumps({"active": active, "keys": keys}, indent=2))

    @staticmethod
    def _new_key(now: datetime) -> tuple[str, dict[str, str]]:
        secret = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        return secrets.token_hex(4), {"secret": secret, "made_at": now.isoformat()}
