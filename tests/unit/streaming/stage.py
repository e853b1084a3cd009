"""Streaming's use cases on fakes, with one channel, its owner and a stream key."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from cpc.kernel.clock import FakeClock
from cpc.kernel.ids import UuidV7Ids
from cpc.kernel.keyring import KeyRing
from livehouse.access.contract import Access
from livehouse.access.testing import access_for
from livehouse.accounts.contract import AccountId, Actor, Deeds, People
from livehouse.accounts.testing import FakePeople, RecordedDeeds
from livehouse.channel.contract import ChannelId, ChannelName, ChannelRef
from livehouse.channel.testing import FakeChannels
from livehouse.streaming.application.authorization import (
    AuthenticateBroadcaster,
    AuthorizeBroadcaster,
    AuthorizeForChannel,
)
from livehouse.streaming.application.close_session import CloseSession
from livehouse.streaming.application.create_stream_key import CreateStreamKey
from livehouse.streaming.application.end_broadcast import EndBroadcast, StopBroadcast
from livehouse.streaming.application.end_unentitled_playback import EndUnentitledPlayback
from livehouse.streaming.application.expire_interrupted import ExpireInterrupted
from livehouse.streaming.application.ingest_access import IngestAccess
from livehouse.streaming.application.media_report import IngestStats, MediaReport, MediaSessionReport
from livehouse.streaming.application.open_ingest import OpenedSession, OpenIngest
from livehouse.streaming.application.open_playback import OpenPlayback
from livehouse.streaming.application.patch_session import PatchSession
from livehouse.streaming.application.playback_tokens import IssuePlaybackToken, PlaybackTokens
from livehouse.streaming.application.publish_live_states import PublishLiveStates
from livehouse.streaming.application.queries import (
    BroadcastHealth,
    CurrentBroadcast,
    ListStreamKeys,
    RunningBroadcast,
)
from livehouse.streaming.application.reconcile_media_report import ReconcileMediaReport
from livehouse.streaming.application.revoke_stream_key import RevokeStreamKey
from livehouse.streaming.application.rotate_stream_key import RotateStreamKey
from livehouse.streaming.application.social_events import SocialEvents
from livehouse.streaming.domain.broadcast import Broadcast
from livehouse.streaming.testing import (
    FakeHealthSamples,
    FakeMediaNodes,
    FakeMediaRouter,
    InMemoryStreamingDatabase,
    RecordingLiveStates,
)

NODE = "node-a"
WINDOW = timedelta(seconds=30)
SILENCE = timedelta(seconds=2)
OWNER = Actor(AccountId(UUID(int=7)))
OTHER = Actor(AccountId(UUID(int=8)))
CHANNEL = ChannelRef(ChannelId(UUID(int=9)), AccountId(UUID(int=7)), ChannelName("ada"), "Painting the sea")


@dataclass
class Stage:
    database: InMemoryStreamingDatabase = field(default_factory=InMemoryStreamingDatabase)
    router: FakeMediaRouter = field(default_factory=FakeMediaRouter)
    nodes: FakeMediaNodes = field(default_factory=FakeMediaNodes)
    states: RecordingLiveStates = field(default_factory=RecordingLiveStates)
    clock: FakeClock = field(default_factory=FakeClock)
    access: Access = field(default_factory=lambda: access_for((CHANNEL.id, CHANNEL.owner_id)))
    channel: ChannelRef = CHANNEL
    deed_log: RecordedDeeds = field(default_factory=RecordedDeeds)
    people: People = field(default_factory=lambda: FakePeople(OWNER))

    def __post_init__(self) -> None:
        units, channels, clock = self.database.unit_of_work, FakeChannels(self.channel), self.clock
        numbers = itertools.count(1)

        def random_text() -> str:
            return f"{next(numbers):043d}"

        ids = UuidV7Ids(clock)
        ring = KeyRing("a", {"a": bytes(32)})
        social = SocialEvents(channels, ids)
        access = self.access
        authorize = AuthorizeForChannel(channels, access)
        broadcaster = AuthorizeBroadcaster(
            AuthenticateBroadcaster(units, ring, clock), channels, self.people, access
        )
        ingests = IngestAccess(units, broadcaster)
        self.stop_broadcast = StopBroadcast(units, self.router, social, clock)
        self.open_ingest = OpenIngest(
            units, broadcaster, self.router, self.nodes, social, clock, ids, random_text, WINDOW
        )
        self.playback_tokens = PlaybackTokens(ring, clock)
        self.open_playback = OpenPlayback(
            units, authorize, self.router, random_text, self.playback_tokens, self.people
        )
        self.issue_playback_token = IssuePlaybackToken(authorize, self.playback_tokens)
        self.end_unentitled = EndUnentitledPlayback(units, channels, self.people, access, self.router)
        self.patch_session = PatchSession(ingests, self.router, access)
        self.close_session = CloseSession(units, ingests, self.router, social, clock, access)
        self.end_broadcast = EndBroadcast(
            authorize, self.stop_broadcast, Deeds(self.deed_log, self.clock, ids)
        )
        self.create_stream_key = CreateStreamKey(units, authorize, ring, clock, ids, random_text)
        self.list_stream_keys = ListStreamKeys(units, authorize, clock)
        self.rotate_stream_key = RotateStreamKey(units, authorize, self.router, ring, clock, random_text)
        self.revoke_stream_key = RevokeStreamKey(units, authorize, self.router, clock)
        self.current_broadcast = CurrentBroadcast(RunningBroadcast(units), channels, access)
        self.broadcast_health = BroadcastHealth(authorize, FakeHealthSamples())
        self.reconcile = ReconcileMediaReport(units, self.router, social, clock, ids, SILENCE)
        self.expire_interrupted = ExpireInterrupted(units, self.router, social, clock, WINDOW, clock.now())
        self.publish_live_states = PublishLiveStates(units, channels, self.states, clock)

    async def stream_key(self) -> str:
        return (await self.create_stream_key(OWNER, "ada", "OBS")).secret

    async def go_live(self) -> OpenedSession:
        opened = await self.open_ingest(await self.stream_key(), "offer")
        await self.report(opened)
        return opened

    async def report(
        self,
        *ingests: OpenedSession,
        media_age_ms: int | None = 10,
        state: str = "connected",
        viewers: tuple[OpenedSession, ...] = (),
    ) -> bool:
        sessions = [
            MediaSessionReport(
                id=ingest.address.token,
                kind="ingest",
                channel_id=str(CHANNEL.id),
                state=state,  # type: ignore[arg-type]
                media_age_ms=media_age_ms,
                ingest=IngestStats(codec="AV1", width=640, height=360),
            )
            for ingest in ingests
        ] + [
            MediaSessionReport(
                id=viewer.address.token,
                kind="playback",
                channel_id=str(CHANNEL.id),
                state="connected",
                connected_at=self.clock.now(),
                tag=self.router.sessions[viewer.address.token].tag,
            )
            for viewer in viewers
        ]
        counts = {str(CHANNEL.id): len(viewers)} if viewers else {}
        return await self.reconcile(MediaReport(NODE, self.clock.now(), sessions, counts))

    async def broadcast(self) -> Broadcast | None:
        async with self.database.unit_of_work() as unit:
            return await unit.broadcasts.running_of(CHANNEL.id)

    def event_names(self) -> list[str]:
        return [event.type.split(".")[-2] for event in self.database.events]
