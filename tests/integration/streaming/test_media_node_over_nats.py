"""A media node with the real native core, asked over a real NATS."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import msgspec
import nats
import pytest
from nats.aio.client import Client
from prometheus_client import REGISTRY, generate_latest
from tests.streaming_platform import NODE_ID, encoder_offer, player_offer

from cpc.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable, Unprocessable
from livehouse.channel.contract import ChannelId
from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.free_ports import free_port
from livehouse.streaming.adapters.media_messages import NODES_BUCKET, report_subject
from livehouse.streaming.adapters.native_media_node import serve
from livehouse.streaming.adapters.nats_media_router import NatsMediaNodes, NatsMediaRouter
from livehouse.streaming.application.media_report import MediaReport
from livehouse.streaming.domain.sessions import SessionAddress, SessionKind

pytestmark = pytest.mark.integration

ROOM = ChannelId(UUID(int=1))
TRICKLE = (
    "a=ice-ufrag:PqWY\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
)


def address(kind: SessionKind = SessionKind.INGEST, node_id: str = NODE_ID) -> SessionAddress:
    return SessionAddress.new(kind, node_id, secrets.token_urlsafe(32))


async def connect(url: str) -> Client:
    async def ignored(_error: Exception) -> None: ...

    return await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=ignored)


@asynccontextmanager
async def media_node(url: str) -> AsyncIterator[Client]:
    """A connection to ask the node by."""
    ready = asyncio.Event()
    node = asyncio.create_task(
        serve(node_id=NODE_ID, connect=lambda: connect(url), ready=lambda _port: ready.set())
    )
    await ready.wait()
    connection = await connect(url)
    try:
        yield connection
    finally:
        await connection.close()
        node.cancel()
        with suppress(asyncio.CancelledError):
            await node


async def answered(ask: Callable[[], Awaitable[object]], within_s: float = 30) -> object:
    """The first answer other than `Unavailable`."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                return await ask()
            except Unavailable:
                await asyncio.sleep(0.05)


async def test_sessions_open_and_close(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        router = NatsMediaRouter(connection)
        ingest = address()
        opened = await router.open_ingest(ingest, ROOM, encoder_offer(), takeover=False)
        assert "a=recvonly" in opened.sdp
        assert opened.etag.startswith('"')
        viewing = address(SessionKind.PLAYBACK)
        watched = await router.open_playback(viewing, ROOM, player_offer(), tag="acc_x")
        assert "a=sendonly" in watched.sdp
        assert await router.close_session(viewing)
        assert not await router.close_session(viewing)
        assert not await router.close_ingest(NODE_ID, ROOM, b"another")
        assert await router.close_ingest(NODE_ID, ROOM, ingest.digest)
        with pytest.raises(NotFound):
            await router.patch_session(ingest, TRICKLE, if_match=["*"])


async def test_refusals_keep_their_reasons(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        router = NatsMediaRouter(connection)
        with pytest.raises(Conflict) as refused:
            await router.open_playback(address(SessionKind.PLAYBACK), ROOM, player_offer(), tag=None)
        assert refused.value.slug == "not-live"
        with pytest.raises(Invalid):
            await router.open_ingest(address(), ROOM, "nonsense", takeover=False)
        with pytest.raises(Unprocessable):
            await router.open_ingest(address(), ROOM, player_offer(), takeover=False)
        ingest = address()
        await router.open_ingest(ingest, ROOM, encoder_offer(), takeover=False)
        with pytest.raises(PreconditionFailed):
            await router.patch_session(ingest, TRICKLE, if_match=['"stale"'])


async def test_asking_for_nodes_leaves_nothing_behind(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        nodes = NatsMediaNodes(connection)
        for _ in range(200):
            assert [entry.node_id for entry in await nodes.running()] == [NODE_ID]
        register = await connection.jetstream().stream_info(f"KV_{NODES_BUCKET}")
        assert register.state.consumer_count == 0


async def test_node_that_is_not_there_is_unavailable(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        router = NatsMediaRouter(connection)
        with pytest.raises(Unavailable):
            await router.open_ingest(address(node_id="node-b"), ROOM, encoder_offer(), takeover=False)
        nodes = NatsMediaNodes(connection)
        assert await nodes.choose() == NODE_ID
        assert await nodes.choose("node-b") == NODE_ID


async def test_no_node_at_all_is_unavailable(nats_url: str) -> None:
    async with media_node(nats_url):
        pass
    connection = await connect(nats_url)
    with pytest.raises(Unavailable):
        await NatsMediaNodes(connection).choose()
    await connection.close()


async def test_requests_that_make_no_sense_are_answered(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        for verb, payload in (
            ("dance", b"{}"),
            ("open_ingest", b"\xff"),
            ("close_room", b'{"channel_id": 1}'),
        ):
            answer = await connection.request(f"livehouse.media.{NODE_ID}.{verb}", payload, timeout=5)
            assert msgspec.json.decode(answer.data)["error"]["kind"] == "bad_request"


async def test_reports_tell_all_ingests(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        reports = await connection.subscribe(report_subject(NODE_ID))
        ingest = address()
        await NatsMediaRouter(connection).open_ingest(ingest, ROOM, encoder_offer(), takeover=False)
        async with asyncio.timeout(30):
            while True:
                report = msgspec.json.decode((await reports.next_msg(10)).data, type=MediaReport)
                if report.sessions:
                    break
        (session,) = report.sessions
        assert (session.id, session.kind, session.channel_id) == (ingest.token, "ingest", str(ROOM))
        assert session.state == "connecting"
        assert session.media_age_ms is None


def metric(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"livehouse_media_{name}", labels)


async def told(value: float, name: str, **labels: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if metric(name, **labels) == value:
                return
            await asyncio.sleep(0.05)


async def test_metrics_tell_sessions_events_and_shards_without_naming_anyone(nats_url: str) -> None:
    async with media_node(nats_url) as connection:
        router = NatsMediaRouter(connection)
        ingest, viewing = address(), address(SessionKind.PLAYBACK)
        await router.open_ingest(ingest, ROOM, encoder_offer(), takeover=False)
        await router.open_playback(viewing, ROOM, player_offer(), tag=None)
        await told(1, "viewers", state="connecting")
        await told(2, "connecting_sessions")
        assert await router.close_session(viewing)
        await told(1, "sessions_closed_total", kind="playback", reason="closed")
        assert metric("shard_cpu_seconds_total", shard="0") is not None
        assert metric("viewer_rtt_seconds_count") == 0
        assert metric("event_drops_total") == 0
        text = generate_latest(REGISTRY).decode()
        assert ingest.token not in text
        assert str(ROOM) not in text


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[EmbeddedNats]:
    server = EmbeddedNats(
        tmp_path / "nats", tmp_path / "nats.log", free_port("127.0.0.1"), secrets.token_urlsafe()
    )
    server.start()
    yield server
    server.stop()


async def test_sessions_outlive_nats(own_nats: EmbeddedNats) -> None:
    async with media_node(own_nats.url) as connection:
        router, nodes = NatsMediaRouter(connection), NatsMediaNodes(connection)
        ingest = address()
        opened = await router.open_ingest(ingest, ROOM, encoder_offer(), takeover=False)
        await asyncio.to_thread(own_nats.stop)
        with pytest.raises(Unavailable):
            await router.close_session(ingest)
        await asyncio.to_thread(own_nats.start)
        assert await answered(nodes.choose) == NODE_ID
        await answered(lambda: router.patch_session(ingest, TRICKLE, if_match=[opened.etag]))
