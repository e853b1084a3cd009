"""`livehouse account`: what only the operator may do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from cpc.kernel.clock import SystemClock
from cpc.kernel.errors import DomainError
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.commands.channel import reachable_database
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings, Settings
from livehouse.main.settings_flags import settings_flags, settings_from
from livehouse.main.wiring.accounts import build_appoint_administrator, build_hand_out_password_reset
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
    with _database(settings_from(flags, config)) as resolved:
        asyncio.run(_appoint(resolved, name, is_administrator=not revoke))
    click.echo(f"'{name.lower()}' is {'no longer' if revoke else 'now'} an administrator.")


@account.command("reset-password")
@click.argument("name")
@settings_flags(only={"data_dir", "database_url", "public_url"})
def reset_password(name: str, config: Path | None, **flags: Any) -> None:
    """Print a link by which the owner of the account NAME sets a new password, within an hour and once.

    For who cannot have it mailed. Nothing ends before it is used. Works with the node up or down.
    """
    with _database(settings_from(flags, config)) as resolved:
        token = asyncio.run(_hand_out_reset(resolved, name))
        link = f"{resolved.base_url()}/reset-password#token={token}"
    click.echo(
        f"Give this to the owner of '{name.lower()}', in a way that nobody else reads. It counts for an hour:"
    )
    click.echo(link)


@contextmanager
def _database(settings: Settings) -> Iterator[ResolvedSettings]:
    """What goes wrong with it is said in a sentence."""
    with reachable_database(settings) as resolved:
        try:
            yield resolved
        except DomainError as error:
            raise NodeError(error.detail) from error
        except (SQLAlchemyError, OSError) as error:
            raise NodeError(f"The database does not answer: {error}") from error


async def _appoint(settings: ResolvedSettings, name: str, *, is_administrator: bool) -> None:
    clock = SystemClock()
    engine = build_engine(settings.database_dsn)
    try:
        appoint = build_appoint_administrator(engine, clock, UuidV7Ids(clock))
        await appoint(name, is_administrator=is_administrator)
    finally:
        await engine.dispose()


async def _hand_out_reset(settings: ResolvedSettings, name: str) -> str:
    clock = SystemClock()
    keys = NodeSecrets(settings.secrets_dir, clock).key_ring("token")
    engine = build_engine(settings.database_dsn)
    try:
        return await build_hand_out_password_reset(engine, clock, UuidV7Ids(clock), keys)(name)
    finally:
        await engine.dispose()
