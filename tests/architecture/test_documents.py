"""The documents name things that are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from livehouse.main.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "docs/configuration.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def names(documents: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in documents]


def anchors(document: Path) -> set[str]:
    """The anchors a Markdown page has, made as the usual hosts make them: lower case, spaces to dashes."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.S)


@pytest.mark.parametrize("name", names(DOCUMENTS))
def test_links_and_images_resolve(name: str) -> None:
    document = ROOT / name
    text = without_code(document.read_text())
    for alt, target in IMAGE.findall(text):
        assert alt, f"an image without a description: {target}"
        assert (document.parent / target).is_file(), target
    for target in LINK.findall(text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        page = (document.parent / path) if path else document
        assert page.exists(), target
        if anchor:
            assert anchor in anchors(page), target


def test_make_targets_named_in_the_documents_exist() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^  make ([a-z-]+)", listed, re.M))
    assert {"run", "test", "check", "bench", "help"} <= targets
    for document in DOCUMENTS:
        commands = re.findall(r"(?:`|^\$? *)make ([a-z][a-z-]*)", document.read_text(), re.M)
        assert set(commands) <= targets, document


@pytest.mark.parametrize(
    "name",
    ["ARCHITECTURE.md", "docs/decisions/0001-the-specification-and-this-project.md", "CONTRIBUTING.md"],
)
def test_paths_named_in_the_documents_exist(name: str) -> None:
    tops = "src|packages|native|frontend|tests|benchmarks|examples|docs|deploy|tools"
    paths = re.findall(rf"`((?:{tops})/[\w./-]*)`", (ROOT / name).read_text())
    assert len(paths) > 5
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_decisions_are_all_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text()
    records = [path.name for path in (ROOT / "docs/decisions").glob("0*.md")]
    assert len(records) >= 7
    assert not [name for name in records if f"]({name})" not in listed]


def test_the_settings_are_all_described() -> None:
    """The table of docs/configuration.md says the same as the model."""
    table = {}
    for row in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", CONFIGURATION.read_text(), re.M):
        table[row[0]] = row[1:]
    model = {}
    for name, field in Settings.model_fields.items():
        default = field.default
        if name == "data_dir":
            shown = "`~/.local/share/livehouse`"
        elif isinstance(default, tuple) and default:
            shown = f"`{','.join(default)}`"
        else:
            shown = f"`{default}`" if default not in (None, ()) else "none"
        model[name] = (shown, field.description)
    assert table == model
