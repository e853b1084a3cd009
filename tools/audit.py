"""Known vulnerabilities in what we depend on, as far as the advisories can be reached from here.

Ends with 1 when something is found. What could not be asked is said, and fails nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ASK_WITHIN_S = 180


class Unreachable(Exception):
    """The advisories could not be asked; the text says why."""


def json_from(command: list[str], folder: Path = ROOT) -> Any:
    """What the command prints. It exits with 1 for findings and failures alike: only the output tells."""
    try:
        ran = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=ASK_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(f"no answer within {ASK_WITHIN_S} s") from None
    try:
        return json.loads(ran.stdout)
    except ValueError:
        lines = (ran.stderr or ran.stdout).strip().splitlines()
        raise Unreachable(lines[-1][:160] if lines else f"exit code {ran.returncode}") from None


def python_findings() -> list[str]:
    pip_audit = str(Path(sys.executable).with_name("pip-audit"))
    found: dict[str, None] = {}
    for lock in ("requirements.lock", "requirements-dev.lock"):
        command = [
            pip_audit,
            "--requirement",
            lock,
            "--disable-pip",
            "--format",
            "json",
            "--progress-spinner",
            "off",
        ]
        for package in json_from(command)["dependencies"]:
            for finding in package.get("vulns", []):
                found[f"{package['name']} {package['version']}: {finding['id']}"] = None
    return list(found)


def npm_findings() -> list[str]:
    report = json_from(["npm", "audit", "--json", "--package-lock-only"], ROOT / "frontend")
    if "vulnerabilities" not in report:
        raise Unreachable(str(report.get("message") or report.get("error", "no report"))[:160])
    return [
        f"{name}: {found['severity']}, {found['range']}" for name, found in report["vulnerabilities"].items()
    ]


def cargo_findings() -> list[str]:
    if shutil.which("cargo-audit") is None:
        raise Unreachable("cargo-audit is not installed (cargo install cargo-audit)")
    report = json_from(["cargo", "audit", "--json", "--file", "Cargo.lock"], ROOT / "native")
    return [
        f"{found['package']['name']} {found['package']['version']}: {found['advisory']['id']}"
        for found in report["vulnerabilities"]["list"]
    ]


def main() -> int:
    any_found = False
    audits: dict[str, Callable[[], list[str]]] = {
        "Python": python_findings,
        "npm": npm_findings,
        "cargo": cargo_findings,
    }
    for name, findings in audits.items():
        try:
            found = findings()
        except Unreachable as reason:
            print(f"  {name}: not asked: {reason}")
            continue
        print(f"  {name}: {len(found) or 'nothing'} found")
        for line in found:
            print(f"    {line}")
        any_found = any_found or bool(found)
    return int(any_found)


if __name__ == "__main__":
    sys.exit(main())
