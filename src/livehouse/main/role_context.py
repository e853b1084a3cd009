"""What a role's process gets from its supervisor, and what it tells back.

Two pipes join them: by one the supervisor says that the database has the schema this version needs, by the
other the role says that it serves, or in a sentence why it cannot.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from livehouse.main.settings import ResolvedSettings

SETTINGS_VARIABLE = "LIVEHOUSE_RESOLVED"
READY_VARIABLE = "LIVEHOUSE_READY_FD"
DATABASE_VARIABLE = "LIVEHOUSE_DATABASE_FD"
# sysexits.h EX_CONFIG: trying again does not help.
EXIT_HOPELESS = 78


class RoleContext:
    """settings: resolved. stopping: set when the role shall end; it then has some seconds."""

    def __init__(
        self, settings: ResolvedSettings, ready_fd: int | None, database_fd: int | None, niceness: int = 0
    ) -> None:
        self.settings = settings
        self.stopping = asyncio.Event()
        self._ready_fd = ready_fd
        self._database_fd = database_fd
        self._niceness = niceness

    def ready(self) -> None:
        """The role serves. Said again it changes nothing."""
        if self._ready_fd is not None:
            _step_back(self._niceness)
        self._tell(b"ready\n")

    def hopeless(self, sentence: str) -> None:
        self._tell(b"failed " + sentence.replace("\n", " ").encode()[:2000] + b"\n")

    async def database_migrated(self) -> None:
        """Returns once the supervisor has brought the database to this version's schema."""
        if self._database_fd is None:
            return
        descriptor, self._database_fd = self._database_fd, None
        loop = asyncio.get_running_loop()
        said: asyncio.Future[None] = loop.create_future()
        # Taken off at once: a pipe at its end is readable for ever.
        loop.add_reader(descriptor, _once, loop, descriptor, said)
        try:
            await said
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    def _tell(self, line: bytes) -> None:
        if self._ready_fd is None:
            return
        descriptor, self._ready_fd = self._ready_fd, None
        with suppress(OSError):  # The supervisor is gone; so are we, in a moment.
            os.write(descriptor, line)
        os.close(descriptor)


def _step_back(niceness: int) -> None:
    """Only now, so that a start on a busy machine is not slowed down. Linux keeps the priority by thread."""
    inherited = os.getpriority(os.PRIO_PROCESS, 0)
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, int(thread.name), inherited + niceness)


def _once(loop: asyncio.AbstractEventLoop, descriptor: int, said: asyncio.Future[None]) -> None:
    loop.remove_reader(descriptor)
    if not said.done():
        said.set_result(None)
