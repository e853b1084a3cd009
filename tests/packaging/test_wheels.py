"""The two wheels are the whole product: installed where there is no Node and no cargo, they make a node."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("--http-port", "0", "--chat-port", "0", "--edge-port", "0", "--media-port", "0")
STOP_WITHIN_S = 60

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Wheels:
    livehouse: Path
    native: Path


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    out = tmp_path_factory.mktemp("wheels")
    made = subprocess.run(
        ["make", "--no-print-directory", "wheels", f"OUT={out}"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (livehouse,), (native,) = out.glob("livehouse-*.whl"), out.glob("livehouse_native-*.whl")
    return Wheels(livehouse, native)


@pytest.fixture(scope="module")
def environment(wheels: Wheels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with what the lock names and the two wheels; nothing of the checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for arguments in (
        ["--require-hashes", "-r", str(ROOT / "requirements.lock")],
        ["--no-deps", "--no-index", str(wheels.native), str(wheels.livehouse)],
    ):
        installed = subprocess.run([*pip, *arguments], capture_output=True, text=True, check=False)
        assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder


@pytest.fixture(scope="module")
def bare_variables(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """No program is found but those of the environment."""
    return {
        "PATH": str(environment / "bin"),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "LANG": "C.UTF-8",
    }


def files_in(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_carries_the_page_and_the_shared_packages(wheels: Wheels) -> None:
    names = files_in(wheels.livehouse)
    assert "livehouse/web/page/index.html" in names
    assert any(re.fullmatch(r"livehouse/web/page/assets/.+\.js", name) for name in names)
    for package in (ROOT / "packages/cpc").glob("*/__init__.py"):
        assert f"cpc/{package.parent.name}/__init__.py" in names
    assert "cpc/__init__.py" not in names, "cpc is a namespace others may add to"
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "frontend", "native"))]


def test_the_native_wheel_carries_the_module_and_its_stub(wheels: Wheels) -> None:
    names = files_in(wheels.native)
    assert any(re.search(r"_livehouse_native[.\w-]*\.so$", name) for name in names)
    assert any(name.endswith(".pyi") for name in names)
    assert any(name.endswith("py.typed") for name in names)
    assert "abi3" in wheels.native.name


def test_every_dependency_is_there(environment: Path) -> None:
    subprocess.run([environment / "bin/python", "-m", "pip", "check"], check=True, capture_output=True)


@pytest.fixture(scope="module")
def node(
    environment: Path, bare_variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a node started from the wheels."""
    folder = tmp_path_factory.mktemp("node")
    with (
        (folder / "errors.log").open("w+") as errors,
        subprocess.Popen(
            [environment / "bin/livehouse", "up", "--data-dir", folder / "data", *PORTS],
            cwd=folder,
            env=bare_variables,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if ready := re.match(r"ready (https?://\S+)", line):
                    yield ready[1]
                    break
            else:
                errors.seek(0)
                pytest.fail(f"the node ended with {process.wait()}:\n{errors.read()}")
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(STOP_WITHIN_S)
        assert code == 0


def test_no_build_tool_is_at_hand(bare_variables: dict[str, str]) -> None:
    for tool in ("node", "npm", "cargo", "rustc", "cc"):
        assert not [path for path in bare_variables["PATH"].split(os.pathsep) if (Path(path) / tool).exists()]


def test_the_node_serves_the_page(node: str) -> None:
    page = httpx.get(node)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    scripts = re.findall(r'<script[^>]+src="([^"]+)"', page.text)
    assert scripts
    for script in scripts:
        answer = httpx.get(httpx.URL(node).join(script))
        assert answer.status_code == 200
        assert "javascript" in answer.headers["content-type"]


def test_the_node_is_ready_with_all_its_parts(node: str) -> None:
    assert httpx.get(f"{node.rstrip('/')}/readyz").status_code == 200
    assert httpx.get(f"{node.rstrip('/')}/api/v1/server").json()["version"]


def test_the_checkout_is_not_used(environment: Path, bare_variables: dict[str, str]) -> None:
    modules = ("livehouse", "livehouse_native", "cpc.kernel")
    program = f"import {', '.join(modules)}; print({', '.join(f'{name}.__file__' for name in modules)})"
    printed = subprocess.run(
        [environment / "bin/python", "-c", program],
        env=bare_variables,
        cwd=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(ROOT) not in printed
    assert sys.prefix not in printed
