"""The process of one role: `python -m livehouse.main.role web`, started by the supervisor."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import setproctitle
import structlog
import uvloop

from livehouse.main.embedded.child_program import NodeError
from livehouse.main.observability.health_server import serve_health
from livehouse.main.observability.logs import configure_logs
from livehouse.main.observability.loop_lag import measure_loop_lag
from livehouse.main.role_context import (
    DATABASE_VARIABLE,
    EXIT_HOPELESS,
    READY_VARIABLE,
    SETTINGS_VARIABLE,
    RoleContext,
)
from livehouse.main.settings import ALL_ROLES, ResolvedSettings

_STOP_PATIENCE_S = 6.0
# Media first: on a busy machine a frame that comes late is lost, a page that comes late is not.
_NICENESS = 5
log = structlog.get_logger(__name__)


class RoleModule(Protocol):
    async def run(self, role: RoleContext) -> None:
        """Serve until `role.stopping`; call `role.ready()` once it serves."""
        ...


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in ALL_ROLES or SETTINGS_VARIABLE not in os.environ:
        sys.stderr.write("livehouse: this process is started by `livehouse up`.\n")
        return 2
    name = sys.argv[1]
    setproctitle.setproctitle(f"livehouse: {name}")
    # Taken out of the environment: what this process starts need not know the passwords.
    settings = ResolvedSettings.model_validate_json(os.environ.pop(SETTINGS_VARIABLE))
    configure_logs(name, settings.log_level, settings.log_format)
    # By name, because a role loads only what it needs: the media process knows no web framework, no database.
    # The working directory is the run folder, so its path cannot be too long for a socket.
    Path(f"{name}.sock").unlink(missing_ok=True)
    module = cast(RoleModule, import_module(f"livehouse.main.roles.{name}"))
    gc.collect()
    gc.freeze()  # What was imported stays; the collector need not look at it again.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(name, module, settings))


async def _run(name: str, module: RoleModule, settings: ResolvedSettings) -> int:
    role = RoleContext(
        settings,
        _descriptor(READY_VARIABLE),
        _descriptor(DATABASE_VARIABLE),
        niceness=0 if name == "media" else _NICENESS,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, role.stopping.set)
    health = await serve_health(Path(f"{name}.sock"))
    lag = asyncio.create_task(measure_loop_lag())
    task = asyncio.create_task(module.run(role))
    stopping = asyncio.create_task(role.stopping.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=_STOP_PATIENCE_S)
            task.cancel()
        await asyncio.wait({task})
        return _exit_code(role, task)
    finally:
        stopping.cancel()
        lag.cancel()
        health.close()


def _exit_code(role: RoleContext, task: asyncio.Task[None]) -> int:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, NodeError):
        role.hopeless(str(error))
        return EXIT_HOPELESS
    if error is not None:
        log.error("the role failed", exc_info=error)
        return 1
    if not role.stopping.is_set():
        log.error("the role ended by itself")
        return 1
    return 0


def _descriptor(variable: str) -> int | None:
    text = os.environ.pop(variable, None)
    return int(text) if text else None


if __name__ == "__main__":
    sys.exit(main())
