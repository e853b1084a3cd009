"""The media role: WebRTC in threads of the native core. Media flows without PostgreSQL and NATS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from datetime import timedelta

import psutil

from livehouse.main.embedded.child_program import NodeError
from livehouse.main.nats_connection import connect_nats
from livehouse.main.role_context import RoleContext
from livehouse.main.settings import ResolvedSettings
from livehouse.streaming.adapters.native_media_node import serve


async def run(role: RoleContext) -> None:
    settings = role.settings
    serving = asyncio.create_task(
        serve(
            node_id=settings.node_id,
            connect=lambda: connect_nats(settings, "media"),
            ready=lambda _: role.ready(),
            host=settings.host,
            port=settings.media_port,
            public_addresses=await _candidate_addresses(settings),
            silence=timedelta(seconds=settings.takeover_silence_s),
            max_sessions=settings.max_media_sessions,
            shards=settings.media_port_count,
        )
    )
    stopping = asyncio.create_task(role.stopping.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    except OSError as error:
        raise NodeError(f"{error}. Give another UDP port with --media-port.") from error
    finally:
        serving.cancel()
        stopping.cancel()
        await asyncio.wait({serving})


async def _candidate_addresses(settings: ResolvedSettings) -> Sequence[str]:
    """The addresses an SDP answer names. Empty: the one we listen on says it all."""
    if settings.public_address is not None:
        return [*await _resolved(settings.public_address), *own_addresses(settings.host)]
    return own_addresses(settings.host)


async def _resolved(name: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise NodeError(f"--public-address {name} has no address: {error.strerror}.") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def own_addresses(host: str) -> list[str]:
    """All of this machine's when we listen on all; loopback last, for browsers on the machine itself."""
    listen = ipaddress.ip_address(host)
    if not listen.is_unspecified:
        return []
    family = socket.AF_INET if listen.version == 4 else socket.AF_INET6
    found = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == family and "%" not in address.address
    ]
    return sorted(found, key=lambda address: ipaddress.ip_address(address).is_loopback)
