"""The three kinds of children a supervisor has: PostgreSQL, NATS, and a role."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from livehouse.main.embedded.child_program import ChildProgram, NodeError, log_tail
from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.observability.health_server import fetch
from livehouse.main.role_context import DATABASE_VARIABLE, READY_VARIABLE, SETTINGS_VARIABLE
from livehouse.main.settings import ResolvedSettings, RoleName

_POLL_S = 0.02
_HEALTH_PATIENCE_S = 5.0


class PostgresChild:
    def __init__(self, server: EmbeddedPostgres) -> None:
        self.title = "postgres"
        self.stop_signal = signal.SIGINT  # "Fast": connections are ended, then a checkpoint.
        self._server = server

    async def start(self) -> subprocess.Popen[bytes]:
        await asyncio.to_thread(self._server.prepare)
        return self._server.program().spawn()

    async def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        while not self._server.is_ready(process.pid):  # noqa: ASYNC110 - a file tells, nothing wakes
            await asyncio.sleep(_POLL_S)

    async def is_healthy(self) -> bool:
        return await asyncio.to_thread(self._server.answers, _HEALTH_PATIENCE_S)

    def why_it_died(self) -> str:
        return log_tail(self._server.log_path)


class NatsChild:
    def __init__(self, server: EmbeddedNats) -> None:
        self.title = "nats"
        self.stop_signal = signal.SIGTERM
        self._server = server

    async def start(self) -> subprocess.Popen[bytes]:
        self._server.prepare()
        return self._server.program().spawn()

    async def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        while not self._server.is_ready():  # noqa: ASYNC110 - a port tells, nothing wakes
            await asyncio.sleep(_POLL_S)

    async def is_healthy(self) -> bool:
        return await asyncio.to_thread(self._server.is_ready, _HEALTH_PATIENCE_S)

    def why_it_died(self) -> str:
        return log_tail(self._server.log_path)


class RoleChild:
    """database_migrated: the role is told when it is set, through a pipe of its own at each start."""

    def __init__(self, role: RoleName, settings: ResolvedSettings, database_migrated: asyncio.Event) -> None:
        self.title: str = role
        self.stop_signal = signal.SIGTERM
        self._settings = settings
        self._database_migrated = database_migrated
        self._ready_fd = -1

    async def start(self) -> subprocess.Popen[bytes]:
        ready_read, ready_write = os.pipe()
        database_read, database_write = os.pipe()
        program = ChildProgram(
            title=self.title,
            argv=(sys.executable, "-P", "-m", "livehouse.main.role", self.title),
            cwd=self._settings.run_dir,
            environment={
                SETTINGS_VARIABLE: self._settings.model_dump_json(),
                READY_VARIABLE: str(ready_write),
                DATABASE_VARIABLE: str(database_read),
                # One arena for all threads: many small ones hold memory that nobody uses.
                "MALLOC_ARENA_MAX": "2",
                "PYTHONFAULTHANDLER": "1",
            },
            inherited=(ready_write, database_read),
        )
        try:
            process = program.spawn()
        except BaseException:
            os.close(ready_read)
            os.close(database_write)
            raise
        finally:
            os.close(ready_write)
            os.close(database_read)
        self._ready_fd = ready_read
        self._telling = asyncio.create_task(self._tell_when_migrated(database_write))
        return process

    async def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        descriptor = self._ready_fd
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(descriptor, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(descriptor)
            said = os.read(descriptor, 4096).decode() if readable.is_set() else ""
            os.close(descriptor)
        if said.startswith("failed "):
            raise NodeError(said.removeprefix("failed ").strip())
        if said != "ready\n":
            await asyncio.Event().wait()  # It died; its exit is noticed elsewhere.

    async def is_healthy(self) -> bool:
        if self.title == "media":
            # Its media flows in threads of their own, also when its loop hangs: killing it would do the harm.
            return True
        # Our working directory is the run folder, as that of the roles.
        with suppress(OSError, TimeoutError):
            return await fetch(Path(f"{self.title}.sock"), "/healthz", _HEALTH_PATIENCE_S) == "ok\n"
        return False

    def why_it_died(self) -> str:
        return ""

    async def _tell_when_migrated(self, descriptor: int) -> None:
        try:
            await self._database_migrated.wait()
            with suppress(OSError):
                os.write(descriptor, b"migrated\n")
        finally:
            os.close(descriptor)
