"""`python -m livehouse.web.openapi OUT.json` writes the OpenAPI document."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from livehouse.web.app import build_routes
from livehouse.web.options import WebOptions


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m livehouse.web.openapi OUT.json\n")
        return 2
    text = json.dumps(build_routes(WebOptions()).openapi(), indent=2, ensure_ascii=False, sort_keys=True)
    Path(arguments[0]).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
