"""One child of the supervisor: started, watched, started again when it dies, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from cpc.kernel.clock import Clock
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.restart_policy import RestartPolicy

log = structlog.get_logger(__name__)

# Before it was ever ready: so many deaths, and it is not bad luck.
_DEATHS_BEFORE_GIVING_UP = 4
# So long without a good answer, and it hangs; a busy machine is given time.
_HEALTH_EVERY_S = 5.0
_BAD_ANSWERS_ALLOWED = 6


class Startable(Protocol):
    """What is specific to one program."""

    title: str
    stop_signal: signal.Signals

    async def start(self) -> subprocess.Popen[bytes]:
        """Start it from the main thread. Raises NodeError."""
        ...

    async def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Cancelled when the process dies. Raises NodeError when it said that it never will be."""
        ...

    async def is_healthy(self) -> bool:
        """Asked now and then while it serves. One that stays unhealthy is killed, and so started again."""
        ...

    def why_it_died(self) -> str:
        """What the end of its log says, or nothing."""
        ...


class SupervisedChild:
    """ready: set while the child serves. failure: why it never came up; set once, with `failed`."""

    def __init__(
        self,
        startable: Startable,
        clock: Clock,
        on_failure: Callable[[str], None],
        *,
        health_every_s: float = _HEALTH_EVERY_S,
        bad_answers_allowed: int = _BAD_ANSWERS_ALLOWED,
    ) -> None:
        self.title = startable.title
        self.ready = asyncio.Event()
        self._startable = startable
        self._policy = RestartPolicy(clock)
        self._on_failure = on_failure
        self._health_every_s = health_every_s
        self._bad_answers_allowed = bad_answers_allowed
        self._was_ready = False
        self._stopping = asyncio.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def launch(self) -> None:
        self._task = asyncio.create_task(self._keep_running(), name=self.title)

    async def stop(self, patience_s: float) -> None:
        """Ask it to end, and after a while make it."""
        self._stopping.set()
        if self._task is None:
            return
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(self._startable.stop_signal)
        else:
            self._task.cancel()
        await asyncio.wait({self._task}, timeout=patience_s)
        if not self._task.done() and (process := self._process) is not None:
            log.warning("a child does not stop and is killed", child=self.title)
            process.kill()
            await asyncio.wait({self._task}, timeout=5)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _keep_running(self) -> None:
        while not self._stopping.is_set():
            try:
                code = await self._run_once()
            except NodeError as error:
                if not self._was_ready:
                    self._on_failure(str(error))
                    return
                log.error("a child could not be started again", child=self.title, reason=str(error))
                code = None
            except OSError as error:  # No memory or no process to be had: both may pass.
                log.error("a child could not be started", child=self.title, reason=str(error))
                code = None
            if self._stopping.is_set():
                return
            delay_s = self._policy.delay_after_death_s()
            if not self._was_ready and self._policy.recent_deaths >= _DEATHS_BEFORE_GIVING_UP:
                reason = self._startable.why_it_died()
                self._on_failure(
                    f"The process '{self.title}' dies before it is ready.{reason and ' ' + reason}"
                )
                return
            log.warning(
                "a child died and is started again",
                child=self.title,
                exit_code=code,
                deaths_in_the_last_minute=self._policy.recent_deaths,
                in_s=delay_s,
            )
            await asyncio.sleep(delay_s)

    async def _run_once(self) -> int:
        process = self._process = await self._startable.start()
        watching = asyncio.create_task(_exit_of(process))
        becoming_ready = asyncio.create_task(self._startable.wait_until_ready(process))
        tasks: set[asyncio.Task[Any]] = {watching, becoming_ready}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if becoming_ready.done():
                becoming_ready.result()
                self._was_ready = True
                self.ready.set()
                log.info("ready", child=self.title, pid=process.pid)
                tasks.add(asyncio.create_task(self._kill_when_it_hangs(process)))
            return await watching
        finally:
            self.ready.clear()
            if process.poll() is None:
                process.kill()
                process.wait()
            for task in tasks - {watching}:
                task.cancel()
            await asyncio.wait(tasks)

    async def _kill_when_it_hangs(self, process: subprocess.Popen[bytes]) -> None:
        bad_answers = 0
        while bad_answers < self._bad_answers_allowed:
            await asyncio.sleep(self._health_every_s)
            bad_answers = 0 if await self._startable.is_healthy() else bad_answers + 1
        log.error("a child hangs and is killed", child=self.title, pid=process.pid)
        process.kill()


async def _exit_of(process: subprocess.Popen[bytes]) -> int:
    """Its exit code once it ended. A pidfd needs no thread and no signal handler."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()
