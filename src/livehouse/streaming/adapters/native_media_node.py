"""The media process: the native core behind NATS requests. Imports no web framework and no database driver.

Media flows in threads of the native core, so it goes on when NATS is away or this loop is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import livehouse_native
import msgspec
import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import KeyValueConfig, StorageType
from prometheus_client import REGISTRY

from cpc.kernel.clock import Clock, SystemClock
from livehouse.streaming.adapters import media_messages as messages
from livehouse.streaming.adapters.media_events import MediaEvents
from livehouse.streaming.adapters.media_metrics import MediaMetrics
from livehouse.streaming.adapters.native_media_core import NativeMediaNode

log = structlog.get_logger(__name__)

REPORT_EVERY_S = 1.0
_LEAST_REPORT_GAP_S = 0.05
# Of the time at most, however many sessions there are to report on.
_REPORT_SHARE = 0.1
_MAX_REQUESTS_AT_ONCE = 128
_NATS_TIMEOUT_S = 5.0
_RETRY_S = 0.5


async def serve(
    *,
    node_id: str,
    connect: Callable[[], Awaitable[Client]],
    ready: Callable[[Sequence[int]], None],
    host: str = "127.0.0.1",
    port: int = 0,
    public_addresses: Sequence[str] = (),
    silence: timedelta = timedelta(seconds=2),
    max_sessions: int = 5000,
    shards: int = 0,
    clock: Clock | None = None,
) -> None:
    """Run a media node until cancelled.

    connect: makes a connection to NATS; tried again until it succeeds.
    ready: called with the UDP ports, once, when the node takes requests.
    port: the first UDP port, the other shards have the next ones; 0 picks free ones.
    shards: threads that forward media; 0 for one a processor, at most 8.
    silence: how long an ingest may send nothing before another may take its place.
    Raises `OSError` when the UDP port cannot be bound.
    """
    core = livehouse_native.MediaNode(
        host=host,
        port=port,
        public_addresses=list(public_addresses),
        silence_ms=int(silence.total_seconds() * 1000),
        max_sessions=max_sessions,
        shards=shards,
    )
    node = NativeMediaNode(core, node_id, clock or SystemClock())
    events = MediaEvents()
    metrics = MediaMetrics(core, node.statistics, events)
    REGISTRY.register(metrics)
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(core.event_fd(), _on_core_event, core, events, changed)
    announce: Callable[[Sequence[int]], None] | None = ready
    try:
        while True:
            nats_client = await _connected(connect)
            try:
                requests = _Requests(nats_client, node, node_id)
                await requests.listen()
                await _register(nats_client, node, node_id)
                if announce is not None:
                    announce(core.ports)
                    announce = None
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_send_reports(nats_client, node, node_id, changed))
                    tasks.create_task(_renew_registration(nats_client, node, node_id))
            except (TimeoutError, nats.errors.Error, OSError) as error:
                log.warning("media node lost NATS; media flows on", error=repr(error))
                await asyncio.sleep(_RETRY_S)
            finally:
                await _say_goodbye(nats_client, node_id)
    finally:
        REGISTRY.unregister(metrics)
        loop.remove_reader(core.event_fd())
        node.close()
        core.close()


def _on_core_event(core: livehouse_native.MediaNode, events: MediaEvents, changed: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        os.read(core.event_fd(), 8)
    events.take(core.events())
    changed.set()


async def _connected(connect: Callable[[], Awaitable[Client]]) -> Client:
    while True:
        try:
            return await connect()
        except (TimeoutError, nats.errors.Error, OSError) as error:
            log.info("media node waits for NATS", error=repr(error))
            await asyncio.sleep(_RETRY_S)


class _Requests:
    """Answers each request in a task of its own, a bounded number at once."""

    def __init__(self, nats_client: Client, node: NativeMediaNode, node_id: str) -> None:
        self._nats = nats_client
        self._node = node
        self._node_id = node_id
        self._running: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        await self._nats.subscribe(messages.request_subject(self._node_id, "*"), cb=self._on_request)
        await self._nats.flush(int(_NATS_TIMEOUT_S))

    async def _on_request(self, message: Msg) -> None:
        if len(self._running) >= _MAX_REQUESTS_AT_ONCE:
            busy = messages.Failure("overloaded", "The media node has more requests than it can answer.")
            await self._reply(message, messages.Reply(error=busy))
            return
        task = asyncio.create_task(self._answer(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, message: Msg) -> None:
        verb = message.subject.rpartition(".")[2]
        try:
            reply = await self._node.answer(verb, message.data)
        except Exception as error:  # noqa: BLE001 - whatever one request does, the node answers the next
            log.error("media request failed", verb=verb, error=repr(error))
            reply = messages.Reply(
                error=messages.Failure("internal", "The media node failed at this request.")
            )
        await self._reply(message, reply)

    async def _reply(self, message: Msg, reply: messages.Reply) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            await message.respond(msgspec.json.encode(reply))


async def _send_reports(
    nats_client: Client, node: NativeMediaNode, node_id: str, changed: asyncio.Event
) -> None:
    loop = asyncio.get_running_loop()
    while not nats_client.is_closed:
        began_s = loop.time()
        report = await node.report()  # the metrics live on it, also while NATS is away
        if nats_client.is_connected:
            try:
                await nats_client.publish(messages.report_subject(node_id), msgspec.json.encode(report))
            except (nats.errors.Error, OSError) as error:
                log.info("media report not sent", error=repr(error))
        took_s = loop.time() - began_s
        try:
            async with asyncio.timeout(REPORT_EVERY_S):
                await changed.wait()
        except TimeoutError:
            continue
        changed.clear()
        # Gathers a burst of changes in one report.
        await asyncio.sleep(min(max(_LEAST_REPORT_GAP_S, took_s / _REPORT_SHARE), REPORT_EVERY_S))


async def _renew_registration(nats_client: Client, node: NativeMediaNode, node_id: str) -> None:
    while not nats_client.is_closed:
        await asyncio.sleep(messages.HEARTBEAT_S)
        if nats_client.is_connected:
            try:
                await _register(nats_client, node, node_id)
            except (TimeoutError, nats.errors.Error, OSError) as error:
                log.info("media node could not renew its registration", error=repr(error))


async def _register(nats_client: Client, node: NativeMediaNode, node_id: str) -> None:
    entry = msgspec.json.encode(messages.NodeEntry(node_id, node.open_sessions))
    jetstream = nats_client.jetstream(timeout=_NATS_TIMEOUT_S)
    try:
        bucket = await jetstream.key_value(messages.NODES_BUCKET)
    except nats.js.errors.NotFoundError:
        # In memory: after a restart of NATS the nodes that still run write themselves in again.
        bucket = await jetstream.create_key_value(
            KeyValueConfig(
                bucket=messages.NODES_BUCKET,
                ttl=messages.NODE_ENTRY_TTL_S,
                storage=StorageType.MEMORY,
                max_bytes=1024 * 1024,
            )
        )
    await bucket.put(node_id, entry)


async def _say_goodbye(nats_client: Client, node_id: str) -> None:
    with contextlib.suppress(nats.errors.Error, OSError, asyncio.TimeoutError):
        if nats_client.is_connected:
            async with asyncio.timeout(1.0):
                bucket = await nats_client.jetstream().key_value(messages.NODES_BUCKET)
                await bucket.delete(node_id)
    with contextlib.suppress(nats.errors.Error, OSError, asyncio.TimeoutError):
        await nats_client.close()
