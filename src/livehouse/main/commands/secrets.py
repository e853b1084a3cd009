"""`livehouse secrets rotate`: put a new key in use while old ones still verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cpc.kernel.clock import SystemClock
from livehouse.main.data_folder import DataFolder
from livehouse.main.secrets import RING_NAMES, NodeSecrets, RingName
from livehouse.main.settings_flags import settings_flags, settings_from


@click.group()
def secrets() -> None:
    """Keys the node signs and hashes with."""


@secrets.command()
@click.argument("ring", type=click.Choice(RING_NAMES))
@click.option("--keep", default=3, show_default=True, help="How many old keys still verify.")
@settings_flags(only={"data_dir"})
def rotate(ring: RingName, keep: int, config: Path | None, **flags: Any) -> None:
    """Make a new active key of RING. Takes effect when the node is started again."""
    settings = settings_from(flags, config)
    folder = DataFolder(settings.data_dir)
    folder.create()
    node_secrets = NodeSecrets(folder.secrets, SystemClock())
    node_secrets.ensure()
    key_id = node_secrets.rotate(ring, keep=max(0, keep))
    click.echo(f"The active key of '{ring}' is now {key_id}. Start the node again to use it.")
