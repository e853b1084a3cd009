"""The web role: page, REST, WHIP and WHEP signalling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.cache.ports import Cache
from cpc.images.read_image import ReadImage
from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.main.http_server import serve_http
from livehouse.main.nats_connection import connect_nats
from livehouse.main.observability.node_metrics import NodeMetrics
from livehouse.main.role_context import RoleContext
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings
from livehouse.main.wiring.accounts import build_accounts, follow_actor_changes
from livehouse.main.wiring.cache import (
    build_cache,
    build_cache_counts,
    build_list_reads,
    build_read_channel_page,
    forget_by_events,
)
from livehouse.main.wiring.channel import build_channel, build_channel_personal_data
from livehouse.main.wiring.chat import build_chat, build_chat_personal_data
from livehouse.main.wiring.images import build_image_store, build_keep_image
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.processes import build_processes
from livehouse.main.wiring.social import build_social, build_social_personal_data
from livehouse.main.wiring.streaming import (
    StreamingOutside,
    build_streaming,
    build_streaming_personal_data,
    nats_outside,
)
from livehouse.main.wiring.web import build_kept_answers, build_known_actors
from livehouse.processes.reading_channel_page import ShownChannels
from livehouse.web.app import create_app
from livehouse.web.idempotency.kept_answers import KeptAnswers
from livehouse.web.options import IceServer, WebOptions
from livehouse.web.use_cases import UseCases


async def run(role: RoleContext) -> None:
    settings = role.settings
    engine = build_engine(settings.database_dsn)
    connection = await connect_nats(settings, "web")
    cache = build_cache(settings)
    try:
        await role.database_migrated()
        outside = await nats_outside(connection)
        use_cases = build_use_cases(settings, engine, outside, cache)
        await forget_by_events(
            connection, use_cases.processes.read_channel_page, use_cases.channel.list_channels
        )
        clock = SystemClock()
        options = build_options(
            settings,
            _ready_checks(engine, connection, outside),
            build_kept_answers(
                engine,
                clock,
                UuidV7Ids(clock),
                NodeSecrets(settings.secrets_dir, clock).key_ring("token"),
            ),
        )
        following = asyncio.create_task(follow_actor_changes(settings.database_dsn, options.known_actors))
        try:
            await serve_http(create_app(use_cases, options), role, settings.http_port)
        finally:
            following.cancel()
    finally:
        await connection.close()
        await engine.dispose()
        cache.close()


def build_use_cases(
    settings: ResolvedSettings, engine: AsyncEngine, outside: StreamingOutside, cache: Cache
) -> UseCases:
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    secrets = NodeSecrets(settings.secrets_dir, clock)
    tokens = secrets.key_ring("token")
    image_store = build_image_store(settings)
    keep_image = build_keep_image(engine, clock, image_store)
    counts = build_cache_counts()
    channel = build_channel(
        engine, clock, ids, keep_image=keep_image, list_reads=build_list_reads(cache, clock, counts)
    )
    accounts = build_accounts(
        engine,
        clock,
        ids,
        tokens,
        sends_mail=settings.sends_mail,
        deletion_grace=timedelta(days=settings.deletion_grace_days),
        read_image=ReadImage(image_store),
        personal_data=(
            build_channel_personal_data(engine),
            build_streaming_personal_data(engine, channel.find_channels),
            build_chat_personal_data(engine, channel.find_channels),
            build_social_personal_data(engine, channel.find_channels, clock),
        ),
        keep_image=keep_image,
    )
    read_channel_page = build_read_channel_page(engine, clock, cache, counts)
    return_window = timedelta(seconds=settings.return_window_s)
    return UseCases(
        accounts=accounts,
        channel=channel,
        streaming=build_streaming(
            engine,
            channel.find_channels,
            outside,
            clock,
            ids,
            tokens,
            return_window,
            sends_mail=settings.sends_mail,
            signing_keys=secrets.key_ring("signing"),
        ),
        chat=build_chat(engine, channel.find_channels, clock),
        social=build_social(
            engine,
            channel.find_channels,
            clock,
            ids,
            shown=ShownChannels(read_channel_page, channel.find_channels, clock),
        ),
        processes=build_processes(accounts, channel, read_channel_page),
        read_image=ReadImage(image_store),
    )


def build_options(
    settings: ResolvedSettings,
    ready_checks: dict[str, Callable[[], Awaitable[None]]],
    kept_answers: KeptAnswers,
) -> WebOptions:
    behind_proxy = settings.public_url is not None
    return WebOptions(
        public_url=settings.public_url,
        chat_url=settings.chat_url() if behind_proxy else None,
        edge_url=settings.edge_url() if behind_proxy else None,
        chat_port=settings.chat_port,
        edge_port=settings.edge_port,
        tls=settings.base_url().startswith("https:"),
        known_actors=build_known_actors(),
        sends_mail=settings.sends_mail,
        trusted_proxies=settings.trusted_proxies,
        requests_per_second=settings.http_requests_per_second,
        request_burst=settings.http_request_burst,
        requests_at_once=settings.http_requests_at_once,
        account_writes_per_second=settings.http_account_writes_per_second,
        account_write_burst=settings.http_account_write_burst,
        ice_servers=tuple(
            IceServer(url, server.username, server.credential)
            for server in settings.ice_servers
            for url in server.urls
        ),
        ready_checks=ready_checks,
        kept_answers=kept_answers,
        metrics=NodeMetrics(Path()),  # the working directory is the run folder
        metrics_allowed_from=settings.metrics_allowed_from,
    )


def _ready_checks(
    engine: AsyncEngine, connection: Client, outside: StreamingOutside
) -> dict[str, Callable[[], Awaitable[None]]]:
    async def postgresql() -> None:
        async with engine.connect() as database:
            await database.execute(text("SELECT 1"))

    async def nats() -> None:
        await connection.flush(timeout=1)

    async def media() -> None:
        await outside.nodes.choose()

    return {"postgresql": postgresql, "nats": nats, "media": media}
