"""`livehouse demo`: a broadcast to look at without a camera."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import httpx
from sqlalchemy.exc import SQLAlchemyError

from cpc.kernel.clock import SystemClock
from cpc.kernel.errors import DomainError, NotFound
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.contract import Actor
from livehouse.channel.application import SettingsChange
from livehouse.main.commands.channel import create_channel
from livehouse.main.data_folder import DataFolder
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings
from livehouse.main.settings_flags import settings_flags, settings_from
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.streaming import build_create_stream_key
from livehouse.streaming.adapters.demo_encoder import DemoEncoder

_LOOK_EVERY_S = 0.5
_START_GRACE_S = 15.0
_SILENCE_S = 5.0
_OFF_AIR_S = 5.0
_SIZES = {"360p": (640, 360, 800_000), "720p": (1280, 720, 2_500_000)}


@click.command()
@click.option(
    "--channel", default="demo", show_default=True, help="Channel to broadcast to; made if missing."
)
@click.option("--quality", type=click.Choice(list(_SIZES)), default="720p", show_default=True)
@settings_flags(only={"data_dir", "database_url"})
def demo(channel: str, quality: str, config: Path | None, **flags: Any) -> None:
    """Broadcast a generated picture with sound on the running node until stopped (Ctrl-C)."""
    settings = settings_from(flags, config)
    folder = DataFolder(settings.data_dir)
    if folder.running_node() is None:
        raise NodeError(f"No node runs in {settings.data_dir}. Start one first: `livehouse up`.")
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.is_set():
        node = _ready_node(folder, stopping)
        if node is None:
            break
        _broadcast(node, folder, channel, quality, stopping)
    click.echo("The demo has ended.")


def _ready_node(folder: DataFolder, stopping: threading.Event) -> ResolvedSettings | None:
    """Waits while the node starts or is down; None when asked to stop meanwhile."""
    said = False
    while not stopping.is_set():
        facts = folder.running_node()
        if facts is not None and facts["is_ready"]:
            node = ResolvedSettings.model_validate(facts["settings"])
            if _is_serving(node):
                return node
        if not said:
            click.echo("Waiting for the node …")
            said = True
        stopping.wait(_LOOK_EVERY_S)
    return None


def _broadcast(
    node: ResolvedSettings, folder: DataFolder, channel: str, quality: str, stopping: threading.Event
) -> None:
    """One session of the encoder, until asked to stop or the session is of no use any more."""
    try:
        stream_key = asyncio.run(_stream_key(node, channel))
    except DomainError as error:
        raise NodeError(error.detail) from error
    except (SQLAlchemyError, OSError):
        stopping.wait(_LOOK_EVERY_S)
        return
    width, height, bitrate_bps = _SIZES[quality]
    # One's own earlier session may still seem alive to the node: take over from it.
    encoder = DemoEncoder(f"{_local_url(node)}/whip?takeover=true", stream_key, width, height, bitrate_bps)
    encoder.start()
    try:
        _watch(encoder, node, folder, channel, stopping)
    finally:
        encoder.stop()


def _watch(
    encoder: DemoEncoder, node: ResolvedSettings, folder: DataFolder, channel: str, stopping: threading.Event
) -> None:
    begun_s = last_on_air_s = time.monotonic()
    announced = False
    while not stopping.wait(_LOOK_EVERY_S):
        now_s = time.monotonic()
        if not encoder.is_running:
            reason = encoder.refusal or "the encoder ended"
            click.echo(f"The broadcast broke off ({reason}). Trying again …")
            stopping.wait(1.0)
            return
        if _is_on_air(node, channel):
            last_on_air_s = now_s
            if not announced:
                click.echo(f"Live at {node.base_url()}/{channel}  (Ctrl-C ends it)")
                announced = True
            continue
        facts = folder.running_node()
        patience_s = _OFF_AIR_S if announced else _START_GRACE_S
        if (
            facts is None
            or now_s - max(begun_s, last_on_air_s) > patience_s
            or encoder.silent_s() > patience_s
        ):
            click.echo("The node lost the broadcast. Trying again …")
            return


async def _stream_key(node: ResolvedSettings, channel_name: str) -> str:
    """Of the channel, which is made if it is missing. Valid for a day."""
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    engine = build_engine(node.database_dsn)
    try:
        channels = build_channel(engine, clock, ids)
        try:
            channel = await channels.find_channels.by_name(channel_name)
        except NotFound:
            created = await create_channel(node, channel_name)
            channel = await channels.find_channels.by_name(channel_name)
            await channels.change_channel(
                Actor(channel.owner_id),
                channel_name,
                SettingsChange(title="A picture made by Livehouse itself", category="science-and-technology"),
            )
            return created.stream_key
        key_ring = NodeSecrets(node.secrets_dir, clock).key_ring("token")
        create = build_create_stream_key(engine, channels.find_channels, clock, ids, key_ring)
        owner = Actor(channel.owner_id)
        return (await create(owner, channel.name.value, "livehouse demo", timedelta(days=1))).secret
    finally:
        await engine.dispose()


def _local_url(node: ResolvedSettings) -> str:
    """Straight to the web role on this machine, not through what publishes it."""
    host = "127.0.0.1" if node.host in {"0.0.0.0", "::", ""} else node.host  # noqa: S104 - compared, not bound
    authority = f"[{host}]" if ":" in host else host
    return f"{'https' if node.uses_tls else 'http'}://{authority}:{node.http_port}"


def _is_serving(node: ResolvedSettings) -> bool:
    return _get(node, "/readyz") is not None


def _is_on_air(node: ResolvedSettings, channel: str) -> bool:
    answer = _get(node, f"/api/v1/channels/{channel}/broadcast")
    return answer is not None and answer.json()["state"] == "live"


def _get(node: ResolvedSettings, path: str) -> httpx.Response | None:
    """None unless the node answers with success. Its own certificate may be one nobody signed."""
    try:
        answer = httpx.get(f"{_local_url(node)}{path}", timeout=3.0, verify=False)  # noqa: S501 - loopback
    except httpx.HTTPError:
        return None
    return answer if answer.is_success else None
