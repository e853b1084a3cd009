"""Write docs/access.md from the table of rules.

python tools/access_docs.py
"""

from __future__ import annotations

from pathlib import Path

from livehouse.access.application.described import access_page

PAGE = Path(__file__).resolve().parent.parent / "docs/access.md"

if __name__ == "__main__":
    PAGE.write_text(access_page(), encoding="utf-8")
