"""Health of one process, metrics of all."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from livehouse.main.observability.health_server import fetch, serve_health
from livehouse.main.observability.node_metrics import gather_metrics, merge


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """Short: a socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="lh") as folder:
        yield Path(folder)


def test_samples_of_one_family_stand_together_with_their_role() -> None:
    text = '# HELP requests_total Requests\n# TYPE requests_total counter\nrequests_total{code="200"} %d\n'
    merged = merge({"web": text % 3, "edge": text % 4, "chat": None}).decode()
    assert merged.count("# TYPE requests_total counter") == 1
    assert 'requests_total{code="200",role="web"} 3.0' in merged
    assert 'requests_total{code="200",role="edge"} 4.0' in merged
    assert 'livehouse_role_up{role="chat"} 0.0' in merged
    assert 'livehouse_role_up{role="web"} 1.0' in merged


async def test_metrics_are_gathered_from_every_process_that_answers(run_dir: Path) -> None:
    server = await serve_health(run_dir / "media.sock")
    try:
        assert await fetch(run_dir / "media.sock", "/healthz") == "ok\n"
        (run_dir / "web.sock").touch()
        gathered = (await gather_metrics(run_dir)).decode()
    finally:
        server.close()
        await server.wait_closed()
    assert 'livehouse_role_up{role="media"} 1.0' in gathered
    assert 'livehouse_role_up{role="web"} 0.0' in gathered
    assert "python_info{" in gathered


@pytest.mark.parametrize("rubbish", [b"\r\n\r\n", b"GET\r\n\r\n", b"\xff \x00 \r\n\r\n", b"x" * 20_000])
async def test_rubbish_is_answered_or_dropped(run_dir: Path, rubbish: bytes) -> None:
    server = await serve_health(run_dir / "a.sock")
    try:
        reader, writer = await asyncio.open_unix_connection(str(run_dir / "a.sock"))
        writer.write(rubbish)
        assert (await reader.read(-1))[:12] in {b"HTTP/1.1 404", b""}
        writer.close()
        assert await fetch(run_dir / "a.sock", "/healthz") == "ok\n"
    finally:
        server.close()
        await server.wait_closed()
