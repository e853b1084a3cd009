"""Each import contract of pyproject.toml holds on the tree, and each fails when one file breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
SLICES = ("access", "accounts", "channel", "chat", "social", "streaming")

# One violation of each contract: the files to add (text by path) and the word the report must hold.
PLANTS: dict[str, tuple[dict[str, str], str]] = {
    "outside-in": (
        {"packages/cpc/messenger/planted.py": "import livehouse.chat.contract\n"},
        "cpc.messenger.planted",
    ),
    "platform-complete": ({"src/livehouse/planted/__init__.py": ""}, "livehouse.planted"),
    "hexagon": (
        {"src/livehouse/chat/domain/planted.py": "import livehouse.chat.application\n"},
        "livehouse.chat.domain.planted",
    ),
    **{
        f"{slice_}-private": (
            {f"src/livehouse/{other}/application/planted.py": f"import livehouse.{slice_}.domain\n"},
            f"livehouse.{other}.application.planted",
        )
        for slice_, other in zip(SLICES, SLICES[1:] + SLICES[:1], strict=True)
    },
    "fakes-stay-in-tests": (
        {"src/livehouse/main/planted.py": "import livehouse.chat.testing\n"},
        "livehouse.main.planted",
    ),
    "web-uses-use-cases": (
        {"src/livehouse/web/planted.py": "import livehouse.chat.adapters\n"},
        "livehouse.web.planted",
    ),
    "pure-domain": (
        {"src/livehouse/chat/domain/planted.py": "import sqlalchemy\n"},
        "livehouse.chat.domain.planted",
    ),
    "native-core-behind-adapters": (
        {"src/livehouse/web/planted.py": "import livehouse_native\n"},
        "livehouse.web.planted",
    ),
    "no-slice-cycles": (
        {
            "src/livehouse/chat/adapters/planted.py": "import livehouse.streaming.contract\n",
            "src/livehouse/streaming/adapters/planted.py": "import livehouse.chat.contract\n",
        },
        ".streaming -> .chat",
    ),
}


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for part in ("src", "packages"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("page", "__pycache__"))
    return tree


def lint_imports(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--no-logo",
            "--cache-dir",
            tree / "cache",
            *options,
        ],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree / 'packages'}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_contract_holds(copied_tree: Path) -> None:
    linted = lint_imports(copied_tree)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in linted.stdout


def test_every_contract_has_a_violation_planted_here() -> None:
    assert {contract["id"] for contract in CONTRACTS} == set(PLANTS)


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_violation_is_reported(contract: str, copied_tree: Path) -> None:
    files, word = PLANTS[contract]
    paths = [copied_tree / name for name in files]
    try:
        for path, text in zip(paths, files.values(), strict=True):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        linted = lint_imports(copied_tree, "--contract", contract)
    finally:
        for path in paths:
            path.unlink()
            if path.name == "__init__.py":
                shutil.rmtree(path.parent)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "0 kept, 1 broken" in linted.stdout
    assert word in linted.stdout


def test_every_part_is_named_in_the_contracts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {
        f"cpc.{path.name}" for path in (ROOT / "packages/cpc").iterdir() if (path / "__init__.py").exists()
    }
    assert set(settings["root_packages"]) == {"livehouse", *packages}

    layers = " ".join(next(c for c in CONTRACTS if c["id"] == "outside-in")["layers"])
    assert not [package for package in packages if package not in layers]

    platform = {path.name for path in (ROOT / "src/livehouse").iterdir() if (path / "__init__.py").exists()}
    assert platform - {"main", "web", "processes"} == set(SLICES)
    hexagon = next(c for c in CONTRACTS if c["id"] == "hexagon")
    assert set(hexagon["containers"]) == {f"livehouse.{slice_}" for slice_ in SLICES}
