"""The native core as a media node's requests and reports see it. Decides nothing about broadcasts."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import livehouse_native
import msgspec

from cpc.kernel.clock import Clock
from livehouse.streaming.adapters import media_messages as messages
from livehouse.streaming.adapters.viewer_places import ViewerPlaces
from livehouse.streaming.adapters.viewer_statistics import ViewerStatistics
from livehouse.streaming.application.media_report import IngestStats, MediaReport, MediaSessionReport
from livehouse.streaming.domain.sessions import session_digest

_PLAYBACK_LISTED_FOR_S = 60.0
_MAX_PLAYBACK_LISTED = 2000
_MAX_TAGS = 20_000  # fits one message; the rest is told after these are gone
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
        self._places = ViewerPlaces()
        self._page = 0
        self.statistics = ViewerStatistics()
        self._verbs: dict[str, Callable[[bytes], Awaitable[messages.Outcome]]] = {
            "open_ingest": self._open_ingest,
            "open_playback": self._open_playback,
            "patch_session": self._patch_session,
            "close_session": self._close_session,
            "close_ingest": self._close_ingest,
            "close_room": self._close_room,
            "viewers": self._viewers,
            "close_viewers": self._close_viewers,
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
        room, session, tag, limit = request.channel_id, request.session, request.tag, request.limit
        if tag is None or limit is None:
            return await self._open_viewing(request)
        if not self._places.take(room, tag, session, limit):
            settled = self._places.settled()
            self._places.keep(settled, {each.id for each in await self._open_playbacks(room)})
            if not self._places.take(room, tag, session, limit):
                raise Refused(
                    "too_many_viewings",
                    f"You watch this channel in {limit} places already. Close one of them first.",
                )
        try:
            outcome = await self._open_viewing(request)
        except BaseException:
            self._places.give_back(room, tag, session)
            raise
        self._places.opened(session)
        return outcome

    async def _open_viewing(self, request: messages.OpenPlaybackRequest) -> messages.Outcome:
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
        for each in await self._open_ingests(request.channel_id):
            if session_digest(each).hex() == request.digest:
                self._ice_sessions.pop(each, None)
                closed |= await self._in_thread(partial(self._core.close_session, each))
        return messages.Outcome(closed=closed)

    async def _close_room(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.CloseRoomRequest)
        await self._in_thread(lambda: self._core.close_room(request.channel_id))
        return messages.Outcome(closed=True)

    async def _viewers(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.ViewersRequest)
        tags = {each.tag for each in await self._open_playbacks(request.channel_id)}
        return messages.Outcome(tags=list(tags)[:_MAX_TAGS])

    async def _close_viewers(self, payload: bytes) -> messages.Outcome:
        request = msgspec.json.decode(payload, type=messages.CloseViewersRequest)
        tags = set(request.tags)
        closed = False
        for each in await self._open_playbacks(request.channel_id):
            if each.tag in tags:
                self._ice_sessions.pop(each.id, None)
                closed |= await self._in_thread(partial(self._core.close_session, each.id))
        return messages.Outcome(closed=closed)

    async def _open_playbacks(self, channel_id: str) -> list[livehouse_native.SessionReport]:
        return [
            each
            for each in await self._in_thread(self._core.report)
            if each.kind == "playback" and each.room == channel_id and each.state != "closed"
        ]

    async def _open_ingests(self, channel_id: str) -> list[str]:
        return [
            each.id
            for each in await self._in_thread(self._core.report)
            if each.kind == "ingest" and each.room == channel_id and each.state != "closed"
        ]

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def report(self) -> MediaReport:
        """As in `MediaReport`; bounded to what fits one message, the playback sessions page by page if need
        be."""
        settled, known = self._places.settled(), frozenset(self._ice_sessions)
        sessions, rooms = await asyncio.to_thread(lambda: (self._core.report(), self._core.rooms()))
        now = self._clock.now()
        playback = self.statistics.take(sessions, rooms, self._clock.monotonic_s())
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
                viewers[each.room] += 1
            if each.connected_at is not None and now.timestamp() - each.connected_at < _PLAYBACK_LISTED_FOR_S:
                changed_playback.append(each)
        self._places.keep(settled, alive)
        for over in known - alive:  # what was opened during the look is not among `known`
            self._ice_sessions.pop(over, None)
        first = self._page * _MAX_PLAYBACK_LISTED
        page = changed_playback[first : first + _MAX_PLAYBACK_LISTED]
        self._page = self._page + 1 if first + _MAX_PLAYBACK_LISTED < len(changed_playback) else 0
        listed.extend(_session_report(each) for each in page)
        return MediaReport(self._node_id, now, listed, dict(viewers), playback)

    @property
    def open_sessions(self) -> int:
        return len(self._ice_sessions)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _session_report(each: livehouse_native.SessionReport) -> MediaSessionReport:
    stats = each.ingest
    return MediaSessionReport(
        id=each.id,
        kind=each.kind,
        channel_id=each.room,
        state=each.state,
        connected_at=None if each.connected_at is None else datetime.fromtimestamp(each.connected_at, UTC),
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
            codec=None if stats.codec is None else stats.codec.upper(),
            width=stats.width,
            height=stats.height,
            keyframe_requests=stats.keyframe_requests,
            jitter_ms=stats.jitter_ms,
            freezes=stats.freezes,
        ),
        close_reason=each.close_reason,
    )


def _ufrag(sdp: str) -> str | None:
    found = _UFRAG.search(sdp)
    return None if found is None else found.group(1)


def _quoted(etag: str) -> str:
    return etag if etag.startswith('"') else f'"{etag}"'
