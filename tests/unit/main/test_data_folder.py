"""One node a folder, and nobody else reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from livehouse.main.data_folder import DataFolder, DataFolderInUse, write_private
from livehouse.main.embedded.child_program import NodeError


def test_a_second_node_is_refused_with_the_process_that_holds_the_folder(tmp_path: Path) -> None:
    first = DataFolder(tmp_path / "data")
    first.lock()
    with pytest.raises(DataFolderInUse, match=rf"process {os.getpid()}.*--data-dir"):
        DataFolder(tmp_path / "data").lock()
    first.unlock()
    again = DataFolder(tmp_path / "data")
    again.lock()
    again.unlock()


def test_folders_are_closed_to_others(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    for path in (folder.path, folder.secrets, folder.run, folder.logs):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_the_node_id_stays(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.node_id() == DataFolder(tmp_path).node_id()
    assert len(folder.node_id()) == 16


def test_what_a_running_node_says_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.create()
    assert folder.running_node() is None
    folder.describe_node({"is_ready": True})
    assert folder.running_node() == {"is_ready": True}
    assert stat.S_IMODE((folder.run / "node.json").stat().st_mode) == 0o600
    folder.forget_node()
    assert folder.running_node() is None


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NodeError, match="--data-dir"):
        DataFolder(tmp_path / "file").create()


def test_private_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
