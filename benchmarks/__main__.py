"""Run one scenario by name. Progress goes to standard error; the last line is JSON with its figures.

python -m benchmarks NAME [ARGUMENTS]
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path


def scenarios() -> list[str]:
    """The public modules of this folder that can be run."""
    folder = Path(__file__).parent
    names = [module.name for module in pkgutil.iter_modules([str(folder)]) if not module.name.startswith("_")]
    return sorted(name for name in names if "def main(" in (folder / f"{name}.py").read_text())


def run() -> int:
    known = scenarios()
    name = sys.argv[1].replace("-", "_") if len(sys.argv) > 1 else ""
    if name not in known:
        print(f"Name a scenario: make bench NAME=… with one of {', '.join(known)}.", file=sys.stderr)
        return 2
    sys.argv = [f"benchmarks {name}", *sys.argv[2:]]
    figures = importlib.import_module(f"benchmarks.{name}").main()
    print(json.dumps({"scenario": name, **figures}))
    return 0


if __name__ == "__main__":
    sys.exit(run())
