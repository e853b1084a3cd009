"""The worker role: outbox, events, and what the media nodes report."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from cpc.kernel.clock import SystemClock
from cpc.kernel.ending_tasks import end_all
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.nats_connection import connect_nats
from livehouse.main.role_context import RoleContext
from livehouse.main.secrets import NodeSecrets
from livehouse.main.wiring.accounts import build_accounts_duties
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.channel_life import (
    build_account_suspensions,
    build_channel_deletions,
    build_channel_life,
)
from livehouse.main.wiring.eventbus import build_event_duties
from livehouse.main.wiring.images import build_image_duties, build_image_store
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.social import build_parting, build_social_duties
from livehouse.main.wiring.streaming import (
    build_media_report_listener,
    build_playback_duties,
    build_stop_broadcast,
    build_streaming_purges,
)
from livehouse.main.wiring.web import build_web_duties

log = structlog.get_logger(__name__)


async def run(role: RoleContext) -> None:
    """A duty that fails ends the process; the supervisor starts it again and all of them resume."""
    settings = role.settings
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    engine = build_engine(settings.database_dsn)
    connection = await connect_nats(settings, "worker")
    await role.database_migrated()
    channel = build_channel(engine, clock, ids)
    listener = build_media_report_listener(
        engine,
        channel.find_channels,
        connection,
        clock,
        ids,
        timedelta(seconds=settings.return_window_s),
        timedelta(seconds=settings.takeover_silence_s),
    )
    tokens = NodeSecrets(settings.secrets_dir, clock).key_ring("token")
    stop_broadcast = build_stop_broadcast(engine, channel.find_channels, connection, clock, ids)
    follow_suspensions = build_account_suspensions(engine, stop_broadcast, clock, ids)
    parting = build_parting(engine, channel.find_channels, clock, ids)
    duties = {
        **build_event_duties(
            engine,
            connection,
            channel.manager.create,
            follow_suspensions,
            parting,
            build_channel_life(engine, connection, channel, clock, ids),
        ),
        **build_channel_deletions(engine, clock, ids),
        **build_accounts_duties(engine, clock, ids, tokens, settings),
        **build_image_duties(engine, clock, build_image_store(settings)),
        **build_playback_duties(
            engine, channel.find_channels, connection, clock, sends_mail=settings.sends_mail
        ),
        **build_streaming_purges(engine, clock),
        **build_web_duties(engine, clock, ids, tokens),
        **build_social_duties(engine, channel.find_channels, clock, ids),
        "media reports": listener.run,
    }
    tasks = {asyncio.ensure_future(duty()): name for name, duty in duties.items()}
    stopping = asyncio.ensure_future(role.stopping.wait())
    everything: set[asyncio.Future[Any]] = {*tasks, stopping}
    try:
        role.ready()
        await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        for task, name in tasks.items():
            if task.done():
                log.error("a duty ended", duty=name)
                task.result()
    finally:
        await end_all(everything)
        await connection.close()
        await engine.dispose()
