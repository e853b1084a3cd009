"""`livehouse account make-administrator`: what only the operator may decide."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from cpc.kernel.clock import SystemClock
from cpc.kernel.errors import DomainError
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.commands.channel import reachable_database
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.settings import ResolvedSettings
from livehouse.main.settings_flags import settings_flags, settings_from
from livehouse.main.wiring.accounts import build_appoint_administrator
from livehouse.main.wiring.persistence import build_engine


@click.group()
def account() -> None:
    """Accounts of this node."""


@account.command("make-administrator")
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Take it away again.")
@settings_flags(only={"data_dir", "database_url"})
def make_administrator(name: str, revoke: bool, config: Path | None, **flags: Any) -> None:
    """Make the account NAME an administrator. Works with the node up or down."""
    settings = settings_from(flags, config)
    with reachable_database(settings) as resolved:
        try:
            asyncio.run(_appoint(resolved, name, is_administrator=not revoke))
        except DomainError as error:
            raise NodeError(error.detail) from error
        except (SQLAlchemyError, OSError) as error:
            raise NodeError(f"The database does not answer: {error}") from error
    click.echo(f"'{name.lower()}' is {'no longer' if revoke else 'now'} an administrator.")


async def _appoint(settings: ResolvedSettings, name: str, *, is_administrator: bool) -> None:
    clock = SystemClock()
    engine = build_engine(settings.database_dsn)
    try:
        appoint = build_appoint_administrator(engine, clock, UuidV7Ids(clock))
        await appoint(name, is_administrator=is_administrator)
    finally:
        await engine.dispose()
