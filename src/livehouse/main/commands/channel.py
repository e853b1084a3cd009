"""`livehouse channel create`: everything an encoder and a program need, in one step."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from cpc.kernel.clock import SystemClock
from cpc.kernel.errors import DomainError
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.contract import Actor
from livehouse.main.data_folder import DataFolder, DataFolderInUse
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.migrations import MigrationFailed, migrate
from livehouse.main.resolving import resolve
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings, Settings
from livehouse.main.settings_flags import settings_flags, settings_from
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.streaming import build_create_stream_key
from livehouse.processes.opening_account import OpenAccount

_NODE_START_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class CreatedChannel:
    """What the command prints; `password` signs the owner in on the page."""

    channel: str
    password: str
    stream_key: str
    access_token: str
    whip_url: str
    whep_url: str
    chat_url: str
    page_url: str
    api_url: str


@click.group()
def channel() -> None:
    """Channels of this node."""


@channel.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_flags(only={"data_dir", "database_url"})
def create(name: str, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Make an account, its channel NAME and a stream key. Works with the node up or down."""
    settings = settings_from(flags, config)
    with reachable_database(settings) as resolved:
        try:
            created = asyncio.run(create_channel(resolved, name))
        except DomainError as error:
            raise NodeError(error.detail) from error
        except (SQLAlchemyError, OSError) as error:
            raise NodeError(f"The database does not answer: {error}") from error
    if as_json:
        click.echo(json.dumps(asdict(created)))
        return
    for field, value in asdict(created).items():
        click.echo(f"{field:<13} {value}")


async def create_channel(settings: ResolvedSettings, name: str) -> CreatedChannel:
    """By the same use cases as the page, with a random password."""
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    tokens = NodeSecrets(settings.secrets_dir, clock).key_ring("token")
    engine = build_engine(settings.database_dsn)
    try:
        accounts = build_accounts(engine, clock, ids, tokens)
        channels = build_channel(engine, clock, ids)
        password = secrets.token_urlsafe(18)
        opened = await OpenAccount(accounts.sign_up, channels.manager.create)(name, password)
        account = opened.signed_in.account
        create_stream_key = build_create_stream_key(engine, channels.find_channels, clock, ids, tokens)
        stream_key = await create_stream_key(
            Actor(account.id, account.name), account.name.value, "command line"
        )
    finally:
        await engine.dispose()
    page = settings.base_url()
    return CreatedChannel(
        channel=account.name.value,
        password=password,
        stream_key=stream_key.secret,
        access_token=opened.signed_in.token,
        whip_url=f"{page}/whip",
        whep_url=f"{page}/whep/{account.name}",
        chat_url=f"{settings.chat_url()}/chat/{account.name}",
        page_url=f"{page}/{account.name}",
        api_url=f"{page}/api/v1",
    )


@contextmanager
def reachable_database(settings: Settings) -> Iterator[ResolvedSettings]:
    """That of the running node; without one, PostgreSQL alone is started meanwhile. Raises NodeError."""
    folder = DataFolder(settings.data_dir)
    try:
        folder.lock()
    except DataFolderInUse:
        yield _settings_of_running_node(folder)
        return
    try:
        NodeSecrets(folder.secrets, SystemClock()).ensure()
        server = None
        if settings.database_url is None:
            server = EmbeddedPostgres(folder.postgres, folder.logs / "postgres.log")
        resolved = resolve(settings, folder, server, None)
        try:
            if server is not None:
                server.start()
                server.ensure_database()
            try:
                migrate(resolved.database_dsn)
            except MigrationFailed as error:
                raise NodeError(str(error)) from error
            except OSError as error:
                raise NodeError(f"The database does not answer: {error}") from error
            yield resolved
        finally:
            if server is not None:
                server.stop()
    finally:
        folder.unlock()


def _settings_of_running_node(folder: DataFolder) -> ResolvedSettings:
    deadline = time.monotonic() + _NODE_START_PATIENCE_S
    while time.monotonic() < deadline:
        facts = folder.running_node()
        if facts is not None and facts["is_ready"]:
            return ResolvedSettings.model_validate(facts["settings"])
        time.sleep(0.1)
    raise NodeError(
        f"The data folder {folder.path} is in use, but its node is not ready. "
        "Look at its log, then try again."
    )
