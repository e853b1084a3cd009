"""Work on what strangers sent, done by a program in a process of its own that ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path


class AllPlacesTaken(Exception):
    """As many wait as may."""


class ProgramStopped(Exception):
    """It took longer than it may."""


class ConfinedProgram:
    """At most `at_once` processes and `max_waiting` callers before them.

    program: a file of Python, run isolated: neither environment nor working directory decide what it imports.
    It limits its own memory and processor time, as it begins.
    """

    def __init__(self, program: Path, *, at_once: int, max_waiting: int, timeout_s: float) -> None:
        self._program = str(program)
        self._places = asyncio.Semaphore(at_once)
        self._max_taken = at_once + max_waiting
        self._taken = 0
        self._timeout_s = timeout_s

    async def run(self, content: bytes, argument: str) -> bytes:
        """What it wrote, given `content` on its input: nothing, or a part, where it died.

        Raises `AllPlacesTaken`, `ProgramStopped`.
        """
        if self._taken >= self._max_taken:
            raise AllPlacesTaken
        self._taken += 1
        try:
            async with self._places:
                return await self._output(content, argument)
        finally:
            self._taken -= 1

    async def _output(self, content: bytes, argument: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", self._program, argument, stdin=PIPE, stdout=PIPE, env={}
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                output, _ = await process.communicate(content)
        except TimeoutError:
            raise ProgramStopped from None
        finally:
            await _end(process)
        return output


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
