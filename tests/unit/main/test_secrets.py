"""Keys are made once, for their owner only, and rotated without locking anybody out."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from cpc.kernel.clock import FakeClock
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.secrets import RING_NAMES, NodeSecrets


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def secrets(tmp_path: Path, clock: FakeClock) -> NodeSecrets:
    made = NodeSecrets(tmp_path, clock)
    made.ensure()
    return made


def test_files_are_for_their_owner_only(tmp_path: Path, secrets: NodeSecrets) -> None:
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["nats.json", "signing.json", "token.json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_second_start_finds_the_same_keys(tmp_path: Path, clock: FakeClock, secrets: NodeSecrets) -> None:
    before = {name: secrets.key_ring(name) for name in RING_NAMES}
    again = NodeSecrets(tmp_path, clock)
    again.ensure()
    assert {name: again.key_ring(name) for name in RING_NAMES} == before
    assert again.nats_password() == secrets.nats_password()
    assert before["token"] != before["signing"]


def test_after_a_rotation_new_values_use_the_new_key_and_old_ones_still_verify(secrets: NodeSecrets) -> None:
    old = secrets.key_ring("token").keyed_hash(b"a token", purpose="test")
    key_id = secrets.rotate("token")
    ring = secrets.key_ring("token")
    assert ring.active_id == key_id != old[0]
    assert old in ring.keyed_hashes(b"a token", purpose="test")


def test_the_oldest_keys_are_dropped(secrets: NodeSecrets, clock: FakeClock) -> None:
    ids = [secrets.key_ring("signing").active_id]
    for _ in range(4):
        clock.advance(timedelta(days=30))
        ids.append(secrets.rotate("signing", keep=2))
    assert set(secrets.key_ring("signing").keys) == set(ids[-3:])


def test_a_damaged_file_is_named(tmp_path: Path, secrets: NodeSecrets) -> None:
    (tmp_path / "token.json").write_text("{")
    with pytest.raises(NodeError, match=r"token\.json.*backup"):
        secrets.key_ring("token")
    (tmp_path / "token.json").write_text(json.dumps({"keys": {}}))
    with pytest.raises(NodeError, match=r"token\.json lacks 'active'"):
        secrets.key_ring("token")
