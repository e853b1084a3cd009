"""Web door, worker duties and a media node in one process, on real PostgreSQL, NATS and native core."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import nats
from prometheus_client import CollectorRegistry

from cpc.images.obstore_store import ObstoreImages
from cpc.images.read_image import ReadImage
from cpc.kernel.clock import SystemClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.cache import build_read_channel_page
from livehouse.main.wiring.channel import build_channel
from livehouse.main.wiring.chat import build_chat
from livehouse.main.wiring.persistence import build_engine
from livehouse.main.wiring.processes import build_processes
from livehouse.main.wiring.social import build_social
from livehouse.main.wiring.streaming import build_media_report_listener, build_streaming, nats_outside
from livehouse.streaming.adapters.native_media_node import serve
from livehouse.web.app import create_app
from livehouse.web.options import IceServer, WebOptions
from livehouse.web.use_cases import UseCases

SDP_FOLDER = Path(__file__).parent / "fixtures" / "sdp"
NODE_ID = "node-a"


def encoder_offer() -> str:
    return (SDP_FOLDER / "chromium_av1_sendonly.sdp").read_text()


def player_offer() -> str:
    return (SDP_FOLDER / "chromium_recvonly.sdp").read_text()


@dataclass(frozen=True, slots=True)
class ChannelOwner:
    """headers: what the owner's requests carry."""

    name: str
    stream_key: str
    headers: dict[str, str]


@dataclass(slots=True)
class StreamingPlatform:
    http: httpx.AsyncClient

    async def open_channel(self, name: str = "ada") -> ChannelOwner:
        password = "correct horse battery"
        opened = await self.http.post("/api/v1/accounts", json={"name": name, "password": password})
        assert opened.status_code == 201, opened.text
        self.http.cookies.clear()
        signed_in = await self.http.post(
            "/api/v1/session", json={"name": name, "password": password, "token": "bearer"}
        )
        headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        key = await self.http.post(
            f"/api/v1/channels/{name}/stream-keys", json={"name": "test"}, headers=headers
        )
        assert key.status_code == 201, key.text
        return ChannelOwner(name, key.json()["stream_key"], headers)

    async def whip(self, stream_key: str, offer: str | None = None, query: str = "") -> httpx.Response:
        return await self.http.post(
            f"/whip{query}",
            content=offer or encoder_offer(),
            headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {stream_key}"},
        )

    async def whep(self, channel: str, offer: str | None = None) -> httpx.Response:
        return await self.http.post(
            f"/whep/{channel}", content=offer or player_offer(), headers={"Content-Type": "application/sdp"}
        )


@asynccontextmanager
async def streaming_platform(
    database_url: str, nats_url: str, return_window: timedelta = timedelta(seconds=30)
) -> AsyncIterator[StreamingPlatform]:
    clock = SystemClock()
    ids = UuidV7Ids(clock)
    key_ring = KeyRing("a", {"a": bytes(32)})
    engine = build_engine(database_url)
    connection = await nats.connect(nats_url)
    accounts = build_accounts(engine, clock, ids, key_ring)
    channel = build_channel(engine, clock, ids)
    streaming = build_streaming(
        engine, channel.find_channels, await nats_outside(connection), clock, ids, key_ring, return_window
    )
    use_cases = UseCases(
        accounts=accounts,
        channel=channel,
        streaming=streaming,
        chat=build_chat(engine, channel.find_channels, clock),
        social=build_social(engine, channel.find_channels, clock, ids),
        processes=build_processes(accounts, channel, build_read_channel_page(engine, clock)),
        read_image=ReadImage(ObstoreImages.in_memory()),
    )
    options = WebOptions(
        registry=CollectorRegistry(),
        ice_servers=(
            IceServer("stun:stun.example.org"),
            IceServer("turn:turn.example.org?transport=udp", "ada", 'a "secret"'),
        ),
    )
    listener = build_media_report_listener(
        engine, channel.find_channels, connection, clock, ids, return_window
    )
    media_ready = asyncio.Event()
    tasks = [
        asyncio.create_task(
            serve(
                node_id=NODE_ID,
                connect=lambda: nats.connect(nats_url),
                ready=lambda _port: media_ready.set(),
            )
        ),
        asyncio.create_task(listener.run()),
    ]
    transport = httpx.ASGITransport(create_app(use_cases, options))
    try:
        await media_ready.wait()
        async with httpx.AsyncClient(transport=transport, base_url="http://livehouse.test") as http:
            yield StreamingPlatform(http)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await connection.close()
        await engine.dispose()
