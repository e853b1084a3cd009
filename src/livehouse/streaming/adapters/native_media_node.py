"""The media process: the native core behind NATS requests. Imports no web framework and no database driver.

Media flows in threads of the native core, so it goes on when NATS is away or this loop is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import livehouse_native
import msgspec
import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import KeyValueConfig, StorageType

from cpc.kernel.clock import Clock, SystemClock
from livehouse.streaming.adapters import media_messages as messages
from livehouse.streaming.application.media_report import IngestStats, MediaReport, MediaSessionReport
from livehouse.streaming.domain.sessions import session_digest

log = structlog.get_logger(__name__)

REPORT_EVERY_S = 1.0
_LEAST_REPORT_GAP_S = 0.05
_PLAYBACK_LISTED_FOR = timedelta(seconds=60)
_MAX_PLAYBACK_LISTED = 2000
_MAX_REQUESTS_AT_ONCE = 128
_NATS_TIMEOUT_S = 5.0
_T = TypeVar("_T")
_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)


class Refused(Exception):
    """The answer to a request is an error. kind: see `media_messages.Failure`."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class _IceSession:
    """etag: names the present ICE session. remote_ufrag: what tells a restart from trickled candidates."""

    __slots__ = ("etag", "remote_ufrag")

    def __init__(self, etag: str, remote_ufrag: str | None) -> None:
        self.etag = etag
        self.remote_ufrag = remote_ufrag


class NativeMediaNode:
    """Answers requests with the native core, and reports on it."""

    def __init__(self, core: livehouse_native.MediaNode, node_id: str, clock: Clock) -> None:
        self._core = core
        self._node_id = node_id
        self._clock = clock
        self._executor = ThreadPoolExecutor(4, thread_name_prefix="media-requests")
        self._ice_sessions: dict[str, _IceSession] = {}
        self._page = 0
        self._verbs: dict[str, Callable[[bytes], Awaitable[messages.Outcome]]] = {
            "open_ingest": self._open_ingest,
            "open_playback": self._open_playback,
            "patch_session": self._patch_session,
            "close_session": self._close_session,
            "close_ingest": self._close_ingest,
            "close_room": self._close_room,
        }

    async def answer(self, verb: str, payload: bytes) -> messages.Reply:
        call = self._verbs.get(verb)
        try:
            if call is None:
                raise Refused("bad_request", f"There is no request '{verb[:40]}'.")
            return messages.Reply(ok=await call(payload))
        except Refused as refused:
            return messages.Reply(error=messages.Failure(refused.kind, refused.detail))
        except livehouse_native.MediaError as error:
            return messages.Reply(error=messages.Failure(error.kind, str(error)))
        except msgspec.DecodeError as error:
            return messages.Reply(error=messages.Failure("bad_request", str(error)))

    async def _open_ingest(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.OpenIngestRequest)
        answer = await self._in_thread(
            lambda: self._core.open_ingest(
                request.channel_id, request.session, request.offer, takeover=request.takeover
            )
        )
        return self._opened(request.session, request.offer, answer)

    async def _open_playback(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.OpenPlaybackRequest)
        answer = await self._in_thread(
            lambda: self._core.open_playback(
                request.channel_id, request.session, request.offer, tag=request.tag
            )
        )
        return self._opened(request.session, request.offer, answer)

    def _opened(self, session: str, offer: str, answer: livehouse_native.SessionAnswer) -> messages.Outcome:
        etag = _quoted(answer.etag)
        self._ice_sessions[session] = _IceSession(etag, _ufrag(offer))
        return messages.Outcome(sdp=answer.sdp, etag=etag)

    async def _patch_session(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.PatchSessionRequest)
        ice_session = self._ice_sessions.get(request.session)
        if ice_session is None:
            raise Refused("no_such_session", "There is no such session. It may be over; send a new offer.")
        if "*" not in request.if_match and ice_session.etag not in request.if_match:
            raise Refused("stale_etag", "The ICE session was restarted meanwhile; use its newest ETag.")
        # RFC 9725 section 4.3.3: credentials other than those of the running ICE session ask for a restart.
        ufrag = _ufrag(request.sdpfrag)
        restart = ufrag is not None and ufrag != ice_session.remote_ufrag
        patch = await self._in_thread(
            lambda: self._core.patch_session(request.session, request.sdpfrag, restart=restart)
        )
        if patch.sdpfrag is None or patch.etag is None:
            return messages.Outcome()
        ice_session.etag, ice_session.remote_ufrag = _quoted(patch.etag), ufrag
        return messages.Outcome(sdpfrag=patch.sdpfrag, etag=ice_session.etag)

    async def _close_session(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.CloseSessionRequest)
        self._ice_sessions.pop(request.session, None)
        return messages.Outcome(
            closed=await self._in_thread(lambda: self._core.close_session(request.session))
        )

    async def _close_ingest(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.CloseIngestRequest)
        closed = False
        for each in self._open_ingests(request.channel_id):
            if session_digest(each).hex() == request.digest:
                closed |= self._core.close_session(each)
        return messages.Outcome(closed=closed)

    async def _close_room(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.CloseRoomRequest)
        for each in self._open_ingests(request.channel_id):
            self._core.close_session(each)
        await self._in_thread(lambda: self._core.close_room(request.channel_id))
        return messages.Outcome(closed=True)

    def _open_ingests(self, channel_id: str) -> list[str]:
        return [
            each.id
            for each in self._core.report()
            if each.kind == "ingest" and each.channel_id == channel_id and each.state != "closed"
        ]

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def report(self) -> MediaReport:
        """As in `MediaReport`; bounded to what fits one message, the playback sessions page by page if need
        be."""
        now = self._clock.now()
        sessions = self._core.report()
        viewers: Counter[str] = Counter()
        listed = []
        changed_playback = []
        alive = set()
        for each in sessions:
            if each.state != "closed":
                alive.add(each.id)
            if each.kind == "ingest":
                listed.append(_session_report(each))
                continue
            if each.state == "connected":
                viewers[each.channel_id] += 1
            if each.connected_at is not None and now - each.connected_at < _PLAYBACK_LISTED_FOR:
                changed_playback.append(each)
        self._ice_sessions = {token: ice for token, ice in self._ice_sessions.items() if token in alive}
        first = self._page * _MAX_PLAYBACK_LISTED
        page = changed_playback[first : first + _MAX_PLAYBACK_LISTED]
        self._page = self._page + 1 if first + _MAX_PLAYBACK_LISTED < len(changed_playback) else 0
        listed.extend(_session_report(each) for each in page)
        return MediaReport(self._node_id, now, listed, dict(viewers))

    @property
    def open_sessions(self) -> int:
        return len(self._ice_sessions)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


async def serve(
    *,
    node_id: str,
    connect: Callable[[], Awaitable[Client]],
    ready: Callable[[int], None],
    host: str = "127.0.0.1",
    port: int = 0,
    public_addresses: Sequence[str] = (),
    silence: timedelta = timedelta(seconds=2),
    max_sessions: int = 5000,
    clock: Clock | None = None,
) -> None:
    """Run a media node until cancelled.

    connect: makes a connection to NATS; tried again until it succeeds.
    ready: called with the UDP port, once, when the node takes requests.
    silence: how long an ingest may send nothing before another may take its place.
    Raises `OSError` when the UDP port cannot be bound.
    """
    core = livehouse_native.MediaNode(
        host=host,
        port=port,
        public_addresses=list(public_addresses),
        silence_ms=int(silence.total_seconds() * 1000),
        max_sessions=max_sessions,
    )
    node = NativeMediaNode(core, node_id, clock or SystemClock())
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(core.event_fd(), _on_core_event, core.event_fd(), changed)
    announce: Callable[[int], None] | None = ready
    try:
        while True:
            nats_client = await _connected(connect)
            try:
                requests = _Requests(nats_client, node, node_id)
                await requests.listen()
                await _register(nats_client, node, node_id)
                if announce is not None:
                    announce(core.port)
                    announce = None
                async with asyncio.TaskGroup() as tasks:
                    reports = tasks.create_task(_send_reports(nats_client, node, node_id, changed))
                    heartbeat = tasks.create_task(_renew_registration(nats_client, node, node_id))
                    await _until_closed(nats_client)
                    reports.cancel()
                    heartbeat.cancel()
            except (TimeoutError, nats.errors.Error, OSError) as error:
                log.warning("media node lost NATS; media flows on", error=repr(error))
            finally:
                await _say_goodbye(nats_client, node_id)
    finally:
        loop.remove_reader(core.event_fd())
        node.close()
        core.close()


def _on_core_event(descriptor: int, changed: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        os.read(descriptor, 8)
    changed.set()


async def _connected(connect: Callable[[], Awaitable[Client]]) -> Client:
    while True:
        try:
            return await connect()
        except (TimeoutError, nats.errors.Error, OSError) as error:
            log.info("media node waits for NATS", error=repr(error))
            await asyncio.sleep(0.5)


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
    while True:
        if nats_client.is_connected:
            with contextlib.suppress(nats.errors.Error, OSError):
                await nats_client.publish(
                    messages.report_subject(node_id), msgspec.json.encode(node.report())
                )
        try:
            async with asyncio.timeout(REPORT_EVERY_S):
                await changed.wait()
        except TimeoutError:
            continue
        changed.clear()
        await asyncio.sleep(_LEAST_REPORT_GAP_S)  # gathers a burst of changes in one report


async def _renew_registration(nats_client: Client, node: NativeMediaNode, node_id: str) -> None:
    while True:
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


async def _until_closed(nats_client: Client) -> None:
    while not nats_client.is_closed:
        await asyncio.sleep(1.0)


async def _say_goodbye(nats_client: Client, node_id: str) -> None:
    with contextlib.suppress(nats.errors.Error, OSError, asyncio.TimeoutError):
        if nats_client.is_connected:
            async with asyncio.timeout(1.0):
                bucket = await nats_client.jetstream().key_value(messages.NODES_BUCKET)
                await bucket.delete(node_id)
    with contextlib.suppress(nats.errors.Error, OSError, asyncio.TimeoutError):
        await nats_client.close()


def _session_report(each: livehouse_native.SessionReport) -> MediaSessionReport:
    stats = each.ingest
    return MediaSessionReport(
        id=each.id,
        kind=each.kind,
        channel_id=each.channel_id,
        state=each.state,
        connected_at=each.connected_at,
        tag=each.tag,
        media_age_ms=each.media_age_ms,
        ingest=None
        if stats is None
        else IngestStats(
            video_bitrate_bps=stats.video_bitrate_bps,
            audio_bitrate_bps=stats.audio_bitrate_bps,
            frames_per_second=stats.frames_per_second,
            loss_fraction=stats.loss_fraction,
            rtt_ms=stats.rtt_ms,
            codec=stats.codec,
            width=stats.width,
            height=stats.height,
            keyframe_requests=stats.keyframe_requests,
        ),
        close_reason=each.close_reason,
    )


def _ufrag(sdp: str) -> str | None:
    found = _UFRAG.search(sdp)
    return None if found is None else found.group(1)


def _quoted(etag: str) -> str:
    return etag if etag.startswith('"') else f'"{etag}"'
