"""A process loads what its role needs. Media goes on when everything else is away: no database, no web."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_by(module: str) -> set[str]:
    """Top-level names of the modules that importing this one loads, in an interpreter of its own."""
    program = f"import sys, {module}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return set(printed.split())


@pytest.mark.parametrize(
    ("role", "without"),
    [
        ("media", {"fastapi", "starlette", "granian", "sqlalchemy", "asyncpg", "alembic", "av"}),
        ("edge", {"sqlalchemy", "asyncpg", "livehouse_native", "av"}),
        ("chat", {"fastapi", "granian", "livehouse_native", "av"}),
        ("web", {"livehouse_native", "av"}),
    ],
)
def test_a_role_does_not_load_what_others_need(role: str, without: set[str]) -> None:
    loaded = loaded_by(f"livehouse.main.roles.{role}")
    assert "livehouse" in loaded
    assert not loaded & without


def test_the_command_line_answers_without_loading_a_server() -> None:
    assert not loaded_by("livehouse.main.command_line") & {
        "livehouse_native",
        "granian",
        "picows",
        "av",
        "numpy",
    }
