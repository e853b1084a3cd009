"""Processes of the roles web and worker, started as the supervisor does it, several on one database."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from tests.integration.node.running_node import answers, wait_until

from cpc.kernel.clock import SystemClock
from livehouse.main.free_ports import free_port
from livehouse.main.observability.health_server import fetch
from livehouse.main.role_context import SETTINGS_VARIABLE
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings


class WebProcess:
    """url: of its door. Its counts are its own, its cache may be shared."""

    def __init__(self, url: str, run: Path) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30)
        self._run = run

    def wait_until_it_serves(self) -> None:
        wait_until(lambda: answers(f"{self.url}/healthz"), f"the process of {self._run} to serve", 150)

    def cache_reads(self, kind: str) -> dict[str, float]:
        """So many were a hit, stale, a miss: by what the process itself says, which nothing keeps."""
        prefix = f'livehouse_cache_reads_total{{kind="{kind}",outcome="'
        lines = asyncio.run(fetch(self._run / "web.sock")).splitlines()
        found = [line.removeprefix(prefix).split('"} ') for line in lines if line.startswith(prefix)]
        return {"hit": 0, "stale": 0, "miss": 0} | {outcome: float(count) for outcome, count in found}


class Processes:
    """Of one installation: they share database, NATS and secrets. All are gone after the block."""

    def __init__(self, folder: Path, database_dsn: str, nats_url: str) -> None:
        self._folder = folder
        self._database_dsn = database_dsn
        self._nats_url = nats_url
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        (self._folder / "secrets").mkdir(parents=True)
        NodeSecrets(self._folder / "secrets", SystemClock()).ensure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def web(self, name: str, cache: Path) -> WebProcess:
        """It is starting."""
        port = free_port("127.0.0.1")
        self._start("web", name, cache, port)
        web = WebProcess(f"http://127.0.0.1:{port}", self._folder / name)
        self._opened.callback(web.http.close)
        return web

    def worker(self) -> None:
        self._start("worker", "worker", self._folder / "no cache", free_port("127.0.0.1"))

    def _start(self, role: str, name: str, cache: Path, port: int) -> None:
        run = self._folder / name
        run.mkdir()
        settings = ResolvedSettings(
            http_port=port,
            node_id=name,
            database_dsn=self._database_dsn,
            nats_servers=(self._nats_url,),
            secrets_dir=self._folder / "secrets",
            run_dir=run,
            media_dir=self._folder / "media",
            cache_dir=cache,
            log_format="json",
        )
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "livehouse.main.role", role],
                cwd=run,
                env=os.environ | {SETTINGS_VARIABLE: settings.model_dump_json()},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._opened.callback(process.wait, 30)
        self._opened.callback(process.terminate)
