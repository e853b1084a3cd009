"""Bring the database in line with what a media node reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Invalid, Unavailable
from cpc.kernel.ids import Ids
from livehouse.channel.contract import ChannelId
from livehouse.streaming.application.media_report import MediaReport, MediaSessionReport
from livehouse.streaming.application.ports import MediaRouter, UnitOfWork, UnitOfWorkFactory
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.domain.broadcast import Broadcast, BroadcastState, Picture
from livehouse.streaming.domain.sessions import (
    IngestSession,
    PlaybackSession,
    PlaybackSessionId,
    SessionAddress,
    Viewer,
    session_digest,
)

COUNT_VIEWERS_EVERY = timedelta(seconds=5)
STRAY_GRACE_S = 5.0
"""How long something may stand in reports and not in the database: a web process opens a session at the node
first and writes it down a moment later."""


@dataclass(slots=True)
class _NodeMemory:
    """What need not be asked again with every report of a node.

    recorded: tokens of playback sessions. is_idle: nothing ran there when last looked at.
    """

    is_idle: bool = False
    recorded: set[str] = field(default_factory=set)
    strays_since_s: dict[str, float] = field(default_factory=dict)


class ReconcileMediaReport:
    """Level-triggered: every report is the whole state, so reports may be lost, repeated or late.

    Everything that follows from one report is one unit of work: broadcasts start, are interrupted and go on,
    viewers are counted, events leave. What the node still carries though it is over is closed afterwards.
    """

    def __init__(
        self,
        units: UnitOfWorkFactory,
        router: MediaRouter,
        social_events: SocialEvents,
        clock: Clock,
        ids: Ids,
        silence: timedelta,
    ) -> None:
        self._units = units
        self._router = router
        self._social_events = social_events
        self._clock = clock
        self._ids = ids
        self._silence = silence
        self._memory: dict[str, _NodeMemory] = {}

    async def __call__(self, report: MediaReport, *, has_running: bool = False) -> bool:
        """Whether a broadcast changed. has_running: a broadcast is known to run on that node, although this
        worker, one of several, may remember it idle. Raises `Unavailable`."""
        memory = self._memory.setdefault(report.node_id, _NodeMemory())
        if memory.is_idle and not has_running and not report.sessions and not report.viewers:
            return False
        ingests = [each for each in report.sessions if each.kind == "ingest"]
        async with self._units() as unit:
            running = await unit.broadcasts.running_on(report.node_id)
            known = {
                each.digest: each
                for each in await unit.ingest_sessions.by_digests(
                    [session_digest(each.id) for each in ingests]
                )
            }
            changed = False
            for broadcast in running:
                mine = [
                    each
                    for each in ingests
                    if _is_open_ingest_of(broadcast, known.get(session_digest(each.id)))
                ]
                changed |= await self._follow(unit, broadcast, mine, report)
            await self._close_gone(unit, ingests, known, report)
            joined = await self._record_viewers(unit, running, report, memory)
        memory.is_idle = not running
        listed = {each.id for each in report.sessions}
        memory.recorded = (memory.recorded | joined) & listed
        await self._close_strays(report, ingests, known, running, memory)
        return changed

    async def _follow(
        self, unit: UnitOfWork, broadcast: Broadcast, ingests: list[MediaSessionReport], report: MediaReport
    ) -> bool:
        before = (broadcast.state, broadcast.picture, broadcast.viewers)
        silence_ms = int(self._silence.total_seconds() * 1000)
        flowing = [each for each in ingests if each.is_flowing(silence_ms)]
        if flowing:
            started = broadcast.media_flows(report.at)
            if started is not None:
                await self._social_events.started(unit.outbox, started)
            stats = flowing[-1].ingest
            if stats is not None and stats.codec is not None:
                broadcast.picture = Picture(stats.codec, stats.width, stats.height)
        else:
            broadcast.media_stopped(report.at, self._silence)
        viewers = report.viewers.get(str(broadcast.channel_id), 0)
        counted = broadcast.count_viewers(viewers, report.at, COUNT_VIEWERS_EVERY)
        if counted is not None:
            self._social_events.viewers_counted(unit.outbox, counted)
        changed = before != (broadcast.state, broadcast.picture, broadcast.viewers)
        if changed:
            await unit.broadcasts.save(broadcast)
        return changed

    async def _close_gone(
        self,
        unit: UnitOfWork,
        ingests: list[MediaSessionReport],
        known: Mapping[bytes, IngestSession],
        report: MediaReport,
    ) -> None:
        gone = [
            session
            for each in ingests
            if each.state == "closed" and (session := known.get(session_digest(each.id))) and session.is_open
        ]
        if gone:
            await unit.ingest_sessions.close(gone, report.at)

    async def _record_viewers(
        self, unit: UnitOfWork, running: list[Broadcast], report: MediaReport, memory: _NodeMemory
    ) -> set[str]:
        """The tokens that need not be looked at again."""
        started = {
            str(each.channel_id): each
            for each in running
            if each.state in (BroadcastState.LIVE, BroadcastState.INTERRUPTED)
        }
        fresh = [
            each
            for each in report.sessions
            if each.kind == "playback"
            and each.state == "connected"
            and each.channel_id in started
            and each.id not in memory.recorded
        ]
        if not fresh:
            return set()
        sessions = []
        for each in fresh:
            broadcast = started[each.channel_id]
            sessions.append(
                PlaybackSession(
                    id=PlaybackSessionId(self._ids.uuid()),
                    channel_id=broadcast.channel_id,
                    broadcast_id=broadcast.id,
                    digest=session_digest(each.id),
                    account_id=_viewer(each).account_id,
                    joined_at=each.connected_at or report.at,
                )
            )
        by_broadcast: dict[str, list[PlaybackSession]] = {}
        for session in await unit.playback_sessions.add_new(sessions):
            by_broadcast.setdefault(str(session.broadcast_id), []).append(session)
        for joined in by_broadcast.values():
            self._social_events.viewers_joined(unit.outbox, joined, report.at)
        return {each.id for each in fresh}

    async def _close_strays(
        self,
        report: MediaReport,
        ingests: Iterable[MediaSessionReport],
        known: Mapping[bytes, IngestSession],
        running: Iterable[Broadcast],
        memory: _NodeMemory,
    ) -> None:
        now_s = self._clock.monotonic_s()
        running_channels = {str(each.channel_id) for each in running}
        stray_ingests = set()
        for each in ingests:
            session = known.get(session_digest(each.id))
            if each.state != "closed" and (session is None or not session.is_open):
                stray_ingests.add(each.id)
        stray_rooms = {
            channel
            for channel, viewers in report.viewers.items()
            if viewers and channel not in running_channels
        }
        strays = stray_ingests | stray_rooms
        memory.strays_since_s = {each: memory.strays_since_s.get(each, now_s) for each in strays}
        due = {each for each, since_s in memory.strays_since_s.items() if now_s - since_s >= STRAY_GRACE_S}
        try:
            for token in due & stray_ingests:
                await self._router.close_session(SessionAddress(report.node_id, token))
            for channel in due & stray_rooms:
                await self._router.close_room(report.node_id, ChannelId.parse(channel))
        except Unavailable:
            return  # they stand in the next report again


def _is_open_ingest_of(broadcast: Broadcast, session: IngestSession | None) -> bool:
    return session is not None and session.is_open and session.broadcast_id == broadcast.id


def _viewer(session: MediaSessionReport) -> Viewer:
    try:
        return Viewer.from_tag(session.tag)
    except Invalid:
        return Viewer()
