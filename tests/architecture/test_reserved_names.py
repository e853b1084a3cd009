"""A channel lies at /{name}: nobody may take the name of a page or of a door."""

from __future__ import annotations

import re
from pathlib import Path

from livehouse.accounts.contract import RESERVED_NAMES, AccountName
from livehouse.web.app import ROUTERS

ROOT = Path(__file__).parents[2]


def first_words() -> set[str]:
    """Of all paths: of the page, of the server, of what proxies send to the other doors."""
    routes = (ROOT / "frontend/src/app/routes.ts").read_text()
    page = re.findall(r"'/([^':/]+)", routes)
    server = [route.path.split("/")[1] for router in ROUTERS for route in router.routes]
    proxies = [
        word
        for file in (ROOT / "deploy").rglob("*")
        if file.is_file()
        for word in re.findall(r"(?:location|path|handle)\s+[\^~=* ]*/([a-z_]+)", file.read_text())
    ]
    assert {"studio", "search"} <= set(page)
    assert {"api", "whip", "whep"} <= set(server)
    assert "chat" in proxies
    return {*page, *server, *proxies}


def test_no_name_hides_a_page_or_a_door() -> None:
    names = {word for word in first_words() if re.fullmatch(r"[a-z0-9_]{3,25}", word)}
    assert AccountName("ada").value not in names
    assert names - RESERVED_NAMES == set()
