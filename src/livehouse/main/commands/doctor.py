"""`livehouse doctor`: says in sentences what is wrong with this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from livehouse.main.data_folder import DataFolder, DataFolderInUse
from livehouse.main.doctor import machine, network, outside
from livehouse.main.doctor.finding import Finding
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.settings import Settings
from livehouse.main.settings_flags import settings_flags, settings_from

_CHECKS = (
    machine.disk,
    network.udp,
    network.camera,
    machine.postgres,
    machine.nats,
    outside.database,
    outside.nats,
    outside.mail,
    machine.codecs,
    machine.page,
    machine.limits,
)
_COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.command()
@settings_flags()
def doctor(config: Path | None, **flags: Any) -> None:
    """Look at this machine and say what is wrong. Exit code 1 when a node would not work."""
    settings = settings_from(flags, config)
    findings = []
    for finding in examine(settings):
        click.echo(f"{click.style(f'{finding.verdict:<6}', fg=_COLOURS[finding.verdict])} {finding.sentence}")
        findings.append(finding)
    if any(finding.verdict == "wrong" for finding in findings):
        sys.exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    yield from network.ports(settings, _running_node(settings))
    for check in _CHECKS:
        yield from check(settings)


def _running_node(settings: Settings) -> dict[str, Any] | None:
    if not settings.data_dir.exists():
        return None
    folder = DataFolder(settings.data_dir)
    try:
        folder.lock()
    except DataFolderInUse:
        facts = folder.running_node() or {}
        running: dict[str, Any] = facts.get("settings", {})
        return running
    except NodeError:
        return None  # Not writable: the check of the disk says it.
    folder.unlock()
    return None
