"""Run one scenario by name. Progress goes to standard error; the last line is JSON with its figures.

python -m benchmarks NAME [--save-baseline] [ARGUMENTS]

The figures stand beside those of baselines/NAME.json, which a change that moves them shows in its diff.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Mapping
from pathlib import Path

BASELINES = Path(__file__).parent / "baselines"
SAVE = "--save-baseline"


def scenarios() -> list[str]:
    """The public modules of this folder that can be run."""
    folder = Path(__file__).parent
    names = [module.name for module in pkgutil.iter_modules([str(folder)]) if not module.name.startswith("_")]
    return sorted(name for name in names if "def main(" in (folder / f"{name}.py").read_text())


def compare(figures: Mapping[str, object], baseline: Mapping[str, object]) -> None:
    width = max(map(len, figures))
    print(f"{'':{width}}  {'now':>12}  {'baseline':>12}", file=sys.stderr)
    for key, figure in figures.items():
        print(f"{key:{width}}  {figure!s:>12}  {baseline.get(key, '-')!s:>12}", file=sys.stderr)


def run() -> int:
    known = scenarios()
    name = sys.argv[1].replace("-", "_") if len(sys.argv) > 1 else ""
    if name not in known:
        print(f"Name a scenario: make bench NAME=… with one of {', '.join(known)}.", file=sys.stderr)
        return 2
    arguments = sys.argv[2:]
    sys.argv = [f"benchmarks {name}", *(each for each in arguments if each != SAVE)]
    figures = importlib.import_module(f"benchmarks.{name}").main()
    baseline = BASELINES / f"{name}.json"
    if baseline.exists():
        compare(figures, json.loads(baseline.read_text()))
    if SAVE in arguments:
        BASELINES.mkdir(exist_ok=True)
        baseline.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps({"scenario": name, **figures}))
    return 0


if __name__ == "__main__":
    sys.exit(run())
