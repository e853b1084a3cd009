"""Write the requirements*.lock files: every version pinned, every file by its hash, no address of an index.

    python tools/lock.py [--upgrade]

Pins stay as they are unless they no longer fit; --upgrade takes the newest that fits.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT_HERE = "livehouse-native"


def runtime_requirements() -> str:
    """The dependencies of pyproject.toml less our own native distribution, which is built and not fetched."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return "".join(f"{line}\n" for line in project["dependencies"] if not line.startswith(BUILT_HERE))


def compile_lock(lock: str, sources: list[Path], constraints: list[str], options: list[str]) -> None:
    command = [
        str(Path(sys.executable).parent / "uv"),
        *("pip", "compile", "--quiet", "--generate-hashes", "--universal", "--python-version", "3.11"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"),
        *("--output-file", lock),
        *options,
        *(part for constraint in constraints for part in ("--constraint", constraint)),
        *(str(source) for source in sources),
    ]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"  {lock}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = ["--upgrade"] if parser.parse_args().upgrade else []
    with tempfile.TemporaryDirectory() as folder:
        runtime = Path(folder) / "runtime.in"
        runtime.write_text(runtime_requirements())
        build, test, dev, film = (
            ROOT / f"requirements-{name}.in" for name in ("build", "test", "dev", "film")
        )
        compile_lock("requirements.lock", [runtime], [], options)
        compile_lock("requirements-build.lock", [build], ["requirements.lock"], options)
        compile_lock(
            "requirements-dev.lock",
            [runtime, build, test, dev],
            ["requirements.lock", "requirements-build.lock"],
            options,
        )
        compile_lock("requirements-film.lock", [film], [], [*options, "--no-deps"])


if __name__ == "__main__":
    main()
