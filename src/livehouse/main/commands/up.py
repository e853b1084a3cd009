"""`livehouse up`: run a node until it is stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
import setproctitle

from livehouse.main.observability.logs import configure_logs
from livehouse.main.settings_flags import environment_help, settings_flags, settings_from
from livehouse.main.supervisor import Supervisor


@click.command(epilog=environment_help())
@settings_flags()
def up(config: Path | None, **flags: Any) -> None:
    """Run a node. Prints `ready ADDRESS` once it serves; Ctrl-C stops it."""
    settings = settings_from(flags, config)
    setproctitle.setproctitle("livehouse: supervisor")
    configure_logs("supervisor", settings.log_level, settings.log_format)

    async def run() -> None:
        await Supervisor(settings).run()

    asyncio.run(run())
