"""The chat role: the sockets of the chat rooms."""

from __future__ import annotations

import asyncio
import ssl

from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from livehouse.chat.adapters.gateway import GatewayOptions
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.role_context import RoleContext
from livehouse.main.secrets import NodeSecrets
from livehouse.main.settings import ResolvedSettings
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.chat import start_chat
from livehouse.main.wiring.persistence import build_engine


async def run(role: RoleContext) -> None:
    settings = role.settings
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    engine = build_engine(settings.database_dsn)
    await role.database_migrated()
    tokens = NodeSecrets(settings.secrets_dir, clock).key_ring("token")
    try:
        chat = await start_chat(
            engine,
            clock,
            ids,
            build_channel(engine, clock, ids).find_channels,
            build_accounts(engine, clock, ids, tokens, sends_mail=settings.sends_mail).resolve_actor,
            nats_servers=",".join(settings.nats_servers),
            options=_options(settings),
        )
    except OSError as error:
        raise NodeError(
            f"The chat sockets cannot listen on {settings.host} port {settings.chat_port}: {error.strerror}. "
            "Give another port with --chat-port."
        ) from error
    serving = asyncio.create_task(chat.wait())
    stopping = asyncio.create_task(role.stopping.wait())
    try:
        role.ready()
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        serving.cancel()
        stopping.cancel()
        await asyncio.wait({serving})
        await chat.close()
        await engine.dispose()


def _options(settings: ResolvedSettings) -> GatewayOptions:
    context = None
    if settings.tls_cert is not None and settings.tls_key is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return GatewayOptions(
        host=settings.host,
        port=settings.chat_port,
        ssl_context=context,
        max_sockets=settings.max_chat_sockets,
        trusted_proxies=settings.trusted_proxies,
    )
