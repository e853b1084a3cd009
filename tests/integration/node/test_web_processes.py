"""Several web processes: two of one node, which share its cache, and one of another node."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.node.running_node import wait_until
from tests.integration.node.web_processes import Processes, WebProcess

from cpc.cache.lmdb_cache import LmdbCache
from cpc.cache.ports import Entry

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

CHANNEL = "/api/v1/channels/ada"


def cache_of_another_version(folder: Path) -> Path:
    """LMDB opens it; what lies under the channel's key is none of ours."""
    cache = LmdbCache(folder)
    cache.put(b"channel\0ada", Entry(int(time.time() * 1000) + 600_000, b"\x93 of tomorrow"))
    cache.close()
    return folder


def file_of_another_lmdb(folder: Path) -> Path:
    """As one of another version: the number of the format on both pages that begin the file is another."""
    LmdbCache(folder).close()
    file = folder / "data.mdb"
    content = bytearray(file.read_bytes())
    for page in (0, 4096):
        magic, version = struct.unpack_from("<II", content, page + 16)
        assert magic == 0xBEEFC0DE
        struct.pack_into("<II", content, page + 16, magic, version + 1)
    file.write_bytes(content)
    return folder


def test_web_processes_of_one_and_of_two_nodes_agree(
    database_url: str, nats_url: str, tmp_path: Path
) -> None:
    with Processes(tmp_path / "node", database_url, nats_url) as processes:
        here = processes.web("here", tmp_path / "shared")
        beside = processes.web("beside", tmp_path / "shared")
        elsewhere = processes.web("elsewhere", file_of_another_lmdb(tmp_path / "other"))
        third = processes.web("third", cache_of_another_version(tmp_path / "third"))
        processes.worker()
        for web in (here, beside, elsewhere, third):
            web.wait_until_it_serves()
        opened = here.http.post("/api/v1/accounts", json={"name": "ada", "password": "correct horse battery"})
        assert opened.status_code == 201, opened.text
        here.http.headers["X-CSRF-Token"] = opened.json()["csrf_token"]

        def change(title: str) -> None:
            assert here.http.patch(CHANNEL, json={"title": title}).status_code == 200

        # The cache is shared: what one process was told, the other says at once.
        for number in range(5):
            title(beside)
            change(f"Beside {number}")
            assert title(beside) == f"Beside {number}"
        assert beside.cache_reads("channel")["hit"] > 0
        assert title(third) == "Beside 4"

        # The other node hears of it by the event: it reads anew, and not because what it had grew old.
        assert any(
            is_read_anew(elsewhere, lambda number=number: change(f"Elsewhere {number}"))  # type: ignore[misc]
            for number in range(20)
        ), f"never by its event: {elsewhere.cache_reads('channel')}"
        # A token that was stolen and then ended here opens nothing anywhere: sooner than the half minute for
        # which a process that hears of no change would believe in it.
        credentials = {"name": "ada", "password": "correct horse battery", "token": "bearer"}
        token = here.http.post("/api/v1/session", json=credentials).json()["access_token"]
        stolen = {"Authorization": f"Bearer {token}"}
        for web in (beside, elsewhere):
            assert web.http.get("/api/v1/account", headers=stolen).status_code == 200
        assert here.http.delete("/api/v1/session", headers=stolen).status_code == 204
        for web in (beside, elsewhere):
            wait_until(lambda web=web: is_refused(web, stolen), "the token to be refused", 20)  # type: ignore[misc]

        for web in (beside, elsewhere, third):
            wait_until(lambda web=web: title(web) == title(here), "all to agree")  # type: ignore[misc]


def is_refused(web: WebProcess, headers: dict[str, str]) -> bool:
    answer = web.http.get("/api/v1/account", headers=headers)
    assert answer.status_code in {200, 401}
    return answer.status_code == 401


def title(web: WebProcess) -> str:
    answer = web.http.get(CHANNEL)
    assert answer.status_code == 200, answer.text
    said: str = answer.json()["title"]
    return said


def is_read_anew(web: WebProcess, change: Callable[[], None]) -> bool:
    """A busy machine may take longer than an answer is fresh; then this says nothing, and is tried again."""
    title(web)
    before, said = web.cache_reads("channel"), title(web)
    change()
    wait_until(lambda: title(web) != said, "the change to be seen")
    after = web.cache_reads("channel")
    return after["stale"] == before["stale"] and after["miss"] > before["miss"]
