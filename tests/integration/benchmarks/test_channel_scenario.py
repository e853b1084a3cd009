"""The scenario of a channel's page, small: it runs, and no plan looks through a whole table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.integration
@pytest.mark.timeout(400)
def test_a_small_platform_is_made_and_measured() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "channel"],
        cwd=ROOT,
        env={**os.environ, "BENCH_SCALE": "0.001"},
        capture_output=True,
        text=True,
        timeout=390,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert figures["sequential_scans"] == 0, ran.stderr
    assert figures["cache_hit_rate"] > 0
    assert 0 < figures["channel_page_sql"] <= figures["channel_page_sql_cold"] <= 6
