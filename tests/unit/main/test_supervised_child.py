"""A child that dies comes back; one that never gets ready is given up with its reason; stopping is final."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cpc.kernel.clock import FakeClock
from livehouse.main.embedded.child_program import ChildProgram, NodeError
from livehouse.main.supervised_child import SupervisedChild


class FakeServer:
    """A real process that does nothing, or ends with a code at once."""

    title = "fake"

    def __init__(self, code: str, becomes_ready: bool = True, refusal: str | None = None) -> None:
        self.stop_signal = signal.SIGTERM
        self.lives: asyncio.Queue[int] = asyncio.Queue()
        self._code = code
        self._becomes_ready = becomes_ready
        self._refusal = refusal
        self.pids: list[int] = []
        self.is_well = True
        self.refused_starts = 0

    async def start(self) -> subprocess.Popen[bytes]:
        if self.refused_starts:
            self.refused_starts -= 1
            raise BlockingIOError("no process to be had")
        process = ChildProgram(title="fake", argv=(sys.executable, "-c", self._code), cwd=Path("/")).spawn()
        self.pids.append(process.pid)
        self.lives.put_nowait(process.pid)
        return process

    async def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        if self._refusal is not None:
            raise NodeError(self._refusal)
        if not self._becomes_ready:
            await asyncio.Event().wait()

    async def is_healthy(self) -> bool:
        return self.is_well

    def why_it_died(self) -> str:
        return "Its log ends here."


SLEEP = "import signal; signal.pause()"


def unexpected(reason: str) -> None:
    raise AssertionError(reason)


async def test_a_killed_child_is_started_again() -> None:
    server = FakeServer(SLEEP)
    child = SupervisedChild(server, FakeClock(), unexpected)
    child.launch()
    try:
        for _ in range(3):
            async with asyncio.timeout(20):
                pid = await server.lives.get()
                await child.ready.wait()
            assert child.pid == pid
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            await server.lives.get()
    finally:
        await child.stop(5)
    for pid in server.pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_one_that_dies_before_it_is_ready_is_given_up_with_its_reason() -> None:
    failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    child = SupervisedChild(
        FakeServer("raise SystemExit(3)", becomes_ready=False), FakeClock(), failed.set_result
    )
    child.launch()
    async with asyncio.timeout(30):
        assert await failed == "The process 'fake' dies before it is ready. Its log ends here."
    await child.stop(1)


async def test_one_that_says_it_is_hopeless_is_given_up_at_once() -> None:
    failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = FakeServer(SLEEP, refusal="The port is taken.")
    child = SupervisedChild(server, FakeClock(), failed.set_result)
    child.launch()
    async with asyncio.timeout(20):
        assert await failed == "The port is taken."
    await child.stop(1)
    assert len(server.pids) == 1


async def test_one_that_does_not_stop_is_killed() -> None:
    server = FakeServer(SLEEP)
    server.stop_signal = signal.SIGWINCH  # Nobody ends for that.
    child = SupervisedChild(server, FakeClock(), unexpected)
    child.launch()
    async with asyncio.timeout(20):
        await child.ready.wait()
    await child.stop(0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pids[0], 0)


async def test_one_that_hangs_is_killed_and_started_again() -> None:
    server = FakeServer(SLEEP)
    child = SupervisedChild(server, FakeClock(), unexpected, health_every_s=0.01, bad_answers_allowed=3)
    child.launch()
    try:
        async with asyncio.timeout(20):
            await server.lives.get()
            await child.ready.wait()
            server.is_well = False
            await server.lives.get()
    finally:
        await child.stop(5)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pids[0], 0)


async def test_one_that_cannot_be_started_for_the_moment_is_tried_again() -> None:
    server = FakeServer(SLEEP)
    server.refused_starts = 2
    child = SupervisedChild(server, FakeClock(), unexpected)
    child.launch()
    try:
        async with asyncio.timeout(20):
            await child.ready.wait()
        assert server.refused_starts == 0
    finally:
        await child.stop(5)


def test_children_do_not_see_the_settings_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIVEHOUSE_DATABASE_URL", "postgresql://u:hunter2@elsewhere/db")
    program = ChildProgram(
        title="env",
        argv=("/usr/bin/env",),
        cwd=Path("/"),
        environment={"LIVEHOUSE_RESOLVED": "{}"},
        log_path=tmp_path / "env.log",
    )
    assert program.spawn().wait(10) == 0
    told = (tmp_path / "env.log").read_text()
    assert "LIVEHOUSE_RESOLVED={}" in told
    assert "PATH=" in told
    assert "hunter2" not in told
