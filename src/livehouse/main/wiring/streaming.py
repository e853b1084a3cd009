"""The streaming slice on PostgreSQL, NATS and the media nodes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from cpc.kernel.clock import Clock
from cpc.kernel.errors import Unavailable
from cpc.kernel.ids import Ids
from cpc.kernel.keyring import KeyRing
from livehouse.accounts.contract import PersonalData
from livehouse.channel.contract import Channels
from livehouse.main.wiring.access import build_access
from livehouse.main.wiring.accounts import build_deeds, build_people
from livehouse.main.wiring.duties import again
from livehouse.streaming.adapters.media_report_listener import MediaReportListener
from livehouse.streaming.adapters.nats_health_samples import NatsHealthSamples
from livehouse.streaming.adapters.nats_live_states import NatsLiveStates
from livehouse.streaming.adapters.nats_media_router import NatsMediaNodes, NatsMediaRouter
from livehouse.streaming.adapters.postgres import PostgresStreamingUnitOfWork
from livehouse.streaming.application import StreamingDuties, StreamingUseCases
from livehouse.streaming.application.authorization import (
    AuthenticateBroadcaster,
    AuthorizeBroadcaster,
    AuthorizeForChannel,
)
from livehouse.streaming.application.close_session import CloseSession
from livehouse.streaming.application.create_stream_key import CreateStreamKey
from livehouse.streaming.application.end_broadcast import EndBroadcast, StopBroadcast
from livehouse.streaming.application.end_unentitled_playback import EVERY_S, EndUnentitledPlayback
from livehouse.streaming.application.erase_streaming import EraseStreaming
from livehouse.streaming.application.expire_interrupted import ExpireInterrupted
from livehouse.streaming.application.forget_ingest_sessions import ForgetIngestSessions
from livehouse.streaming.application.ingest_access import IngestAccess
from livehouse.streaming.application.open_ingest import OpenIngest
from livehouse.streaming.application.open_playback import OpenPlayback
from livehouse.streaming.application.patch_session import PatchSession
from livehouse.streaming.application.personal_data import StreamingPersonalData
from livehouse.streaming.application.playback_tokens import IssuePlaybackToken, PlaybackTokens
from livehouse.streaming.application.ports import (
    HealthSamples,
    MediaNodes,
    MediaRouter,
    UnitOfWork,
    UnitOfWorkFactory,
)
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

_LOOK_FOR_OLD_SESSIONS_S = 3600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StreamingOutside:
    """What the use cases of the web door reach for beside the database."""

    router: MediaRouter
    nodes: MediaNodes
    health: HealthSamples


async def nats_outside(nats_client: Client) -> StreamingOutside:
    """Everything over one NATS connection; from here on it hears the reports of the media nodes."""
    health = NatsHealthSamples()
    await health.listen(nats_client)
    return StreamingOutside(NatsMediaRouter(nats_client), NatsMediaNodes(nats_client), health)


def build_streaming(
    engine: AsyncEngine,
    channels: Channels,
    outside: StreamingOutside,
    clock: Clock,
    ids: Ids,
    key_ring: KeyRing,
    return_window: timedelta = timedelta(seconds=30),
    *,
    sends_mail: bool = False,
    signing_keys: KeyRing | None = None,
) -> StreamingUseCases:
    """For the web role. key_ring: the node's token keys. signing_keys: what playback tokens are signed with;
    None: those too. return_window: how long a broadcaster may be
    gone."""
    units = _units(engine)
    social_events = SocialEvents(channels, ids)
    access = build_access(engine, clock)
    authorize = AuthorizeForChannel(channels, access)
    people = build_people(engine, clock, sends_mail=sends_mail)
    authorize_broadcaster = AuthorizeBroadcaster(
        AuthenticateBroadcaster(units, key_ring, clock), channels, people, access
    )
    playback_tokens = PlaybackTokens(signing_keys or key_ring, clock)
    ingests = IngestAccess(units, authorize_broadcaster)
    router = outside.router
    stop_broadcast = StopBroadcast(units, router, social_events, clock)
    return StreamingUseCases(
        open_ingest=OpenIngest(
            units,
            authorize_broadcaster,
            router,
            outside.nodes,
            social_events,
            clock,
            ids,
            _random_text,
            return_window,
        ),
        open_playback=OpenPlayback(units, authorize, router, _random_text, playback_tokens, people),
        issue_playback_token=IssuePlaybackToken(authorize, playback_tokens),
        patch_session=PatchSession(ingests, router, access),
        close_session=CloseSession(units, ingests, router, social_events, clock, access),
        end_broadcast=EndBroadcast(authorize, stop_broadcast, build_deeds(engine, clock, ids)),
        create_stream_key=CreateStreamKey(units, authorize, key_ring, clock, ids, _random_text),
        list_stream_keys=ListStreamKeys(units, authorize, clock),
        rotate_stream_key=RotateStreamKey(units, authorize, router, key_ring, clock, _random_text),
        revoke_stream_key=RevokeStreamKey(units, authorize, router, clock),
        current_broadcast=CurrentBroadcast(RunningBroadcast(units), channels, access),
        broadcast_health=BroadcastHealth(authorize, outside.health),
    )


def build_create_stream_key(
    engine: AsyncEngine, channels: Channels, clock: Clock, ids: Ids, key_ring: KeyRing
) -> CreateStreamKey:
    """This one alone, for the command line: it needs the database only."""
    authorize = AuthorizeForChannel(channels, build_access(engine, clock))
    return CreateStreamKey(_units(engine), authorize, key_ring, clock, ids, _random_text)


def build_streaming_personal_data(engine: AsyncEngine, channels: Channels) -> PersonalData:
    """For the export of the accounts slice."""
    return StreamingPersonalData(_units(engine), channels)


def build_erase_streaming(engine: AsyncEngine) -> EraseStreaming:
    """For the worker role."""
    return EraseStreaming(_units(engine))


def build_stop_broadcast(
    engine: AsyncEngine, channels: Channels, nats_client: Client, clock: Clock, ids: Ids
) -> StopBroadcast:
    """For the worker role."""
    social_events = SocialEvents(channels, ids)
    return StopBroadcast(_units(engine), NatsMediaRouter(nats_client), social_events, clock)


def build_playback_duties(
    engine: AsyncEngine, channels: Channels, nats_client: Client, clock: Clock, *, sends_mail: bool
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    end_unentitled = EndUnentitledPlayback(
        _units(engine),
        channels,
        build_people(engine, clock, sends_mail=sends_mail),
        build_access(engine, clock),
        NatsMediaRouter(nats_client),
    )

    async def forever() -> None:
        while True:
            try:
                await end_unentitled()
            except Unavailable as error:
                log.info("waits", reason=error.detail)
            await asyncio.sleep(EVERY_S)

    return {"members-only playback": forever}


def build_streaming_purges(engine: AsyncEngine, clock: Clock) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """For the worker role: by name, functions that run until cancelled."""
    forget = ForgetIngestSessions(_units(engine), clock)
    return {"old ingest sessions": lambda: again(forget, _LOOK_FOR_OLD_SESSIONS_S)}


def build_media_report_listener(
    engine: AsyncEngine,
    channels: Channels,
    nats_client: Client,
    clock: Clock,
    ids: Ids,
    return_window: timedelta = timedelta(seconds=30),
    silence: timedelta = timedelta(seconds=2),
) -> MediaReportListener:
    """For the worker role: `run()` it. silence: as the media nodes were told."""
    units = _units(engine)
    router = NatsMediaRouter(nats_client)
    social_events = SocialEvents(channels, ids)
    duties = StreamingDuties(
        reconcile_media_report=ReconcileMediaReport(units, router, social_events, clock, ids, silence),
        expire_interrupted=ExpireInterrupted(units, router, social_events, clock, return_window, clock.now()),
        publish_live_states=PublishLiveStates(units, channels, NatsLiveStates(nats_client), clock),
    )
    return MediaReportListener(nats_client, duties, units, clock)


def _units(engine: AsyncEngine) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        return PostgresStreamingUnitOfWork(engine)

    return unit_of_work


def _random_text() -> str:
    return secrets.token_urlsafe(32)
