"""Stream keys, and the broadcast that runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from livehouse.streaming.application.create_stream_key import ShownStreamKey
from livehouse.streaming.application.media_report import PlaybackStats
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.plain_route import PlainRoute
from livehouse.web.problems import may_answer
from livehouse.web.rest.shapes import SECRET, Body, Moment, Rfc3339, Shape

router = APIRouter(prefix="/api/v1/channels/{name}", tags=["streaming"], route_class=PlainRoute)


class StreamKeyShape(Shape):
    id: Annotated[str, Field(examples=["key_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    name: Annotated[str, Field(examples=["OBS at home"])]
    created_at: Rfc3339
    expires_at: Annotated[Rfc3339 | None, Field(description="null: does not expire")]
    last_used_at: Annotated[Rfc3339 | None, Field(description="When it last went live")]


class ShownStreamKeyShape(StreamKeyShape):
    stream_key: Annotated[
        str, Field(description="The secret, shown this once", examples=["lhk_…"], json_schema_extra=SECRET)
    ]


class StreamKeyList(Shape):
    stream_keys: list[StreamKeyShape]


class NewStreamKey(Body):
    name: Annotated[str, Field(max_length=200, description="1 to 60 characters", examples=["OBS at home"])]
    expires_at: Annotated[
        Moment | None,
        Field(description="In a minute at the soonest; null: does not expire", examples=[None]),
    ] = None
    expires_in_s: Annotated[
        int | None, Field(ge=60, le=315_360_000, description="The same as a lifetime in seconds; not both")
    ] = None


class BroadcastShape(Shape):
    id: Annotated[str, Field(examples=["brd_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    channel_id: Annotated[str, Field(examples=["chn_0198f0a2b3c47d5e8f901a2b3c4d5e6f"])]
    state: Annotated[str, Field(description="offered, live or interrupted", examples=["live"])]
    started_at: Annotated[Rfc3339 | None, Field(description="When the first media came")]
    viewers: Annotated[int, Field(ge=0)]
    codec: Annotated[str | None, Field(examples=["AV1"])]
    width: int | None
    height: int | None


class PlaybackHealthShape(Shape):
    """How viewers receive it. Averages and worst values are over those that have told, null: nobody has."""

    viewers: Annotated[int, Field(description="Connected to the media node")]
    stalled: Annotated[int, Field(description="Viewers that are not heard of any more")]
    lossy: Annotated[int, Field(description="Viewers that lose more than 5 % of the packets")]
    unplayable: Annotated[int, Field(description="Viewers whose player takes no codec of the broadcast")]
    bitrate_bps: Annotated[int, Field(description="Sent to all viewers together")]
    loss_fraction: Annotated[float, Field(ge=0, le=1)] | None
    worst_loss_fraction: Annotated[float, Field(ge=0, le=1)] | None
    jitter_ms: float | None
    rtt_ms: float | None
    worst_rtt_ms: float | None
    freezes: Annotated[int, Field(description="Times one of them got no picture, so far")]


class HealthSampleShape(Shape):
    """One second of what the encoder sends, and of what its viewers get."""

    at: Rfc3339
    video_bitrate_bps: int
    audio_bitrate_bps: int
    frames_per_second: float
    loss_fraction: Annotated[float, Field(ge=0, le=1, description="Of packets, before retransmission")]
    rtt_ms: float | None
    jitter_ms: float | None
    freezes: Annotated[int, Field(description="Times a picture came late, in this session of the encoder")]
    viewers: int
    playback: Annotated[PlaybackHealthShape | None, Field(description="Null when nobody watches")]


class BroadcastHealthShape(Shape):
    samples: Annotated[list[HealthSampleShape], Field(description="The last 120 seconds, oldest first")]


class PlaybackTokenShape(Shape):
    token: Annotated[
        str,
        Field(
            description="Send as `Authorization: Bearer`, or as `?token=`",
            examples=["lhv_…"],
            json_schema_extra=SECRET,
        ),
    ]
    expires_at: Rfc3339


@router.get("/stream-keys")
async def list_stream_keys(name: str, actor: CurrentActor, cases: Cases) -> StreamKeyList:
    """The channel's usable stream keys, without their secrets. For the owner."""
    keys = await cases.streaming.list_stream_keys(actor, name)
    return StreamKeyList(
        stream_keys=[
            StreamKeyShape(
                id=str(key.id),
                name=key.name,
                created_at=key.created_at,
                expires_at=key.expires_at,
                last_used_at=key.last_used_at,
            )
            for key in keys
        ]
    )


@router.post(
    "/stream-keys",
    status_code=201,
    openapi_extra=may_answer("stream-key-name", "stream-key-lifetime", "too-many-stream-keys"),
)
async def create_stream_key(
    name: str, body: NewStreamKey, response: Response, actor: CurrentActor, cases: Cases
) -> ShownStreamKeyShape:
    """Make a stream key. Its secret is in this answer and never shown again. For the owner."""
    lifetime = None if body.expires_in_s is None else timedelta(seconds=body.expires_in_s)
    shown = await cases.streaming.create_stream_key(
        actor, name, body.name, lifetime, expires_at=body.expires_at
    )
    response.headers["Location"] = f"/api/v1/channels/{name}/stream-keys/{shown.key.id}"
    return _shown(shown)


@router.post(
    "/stream-keys/{stream_key_id}/rotate",
    openapi_extra=may_answer("no-such-stream-key"),
)
async def rotate_stream_key(
    name: str, stream_key_id: str, actor: CurrentActor, cases: Cases
) -> ShownStreamKeyShape:
    """Give the key a new secret; an encoder that uses the old one is cut off. For the owner."""
    return _shown(await cases.streaming.rotate_stream_key(actor, name, stream_key_id))


@router.delete(
    "/stream-keys/{stream_key_id}",
    status_code=204,
    openapi_extra=may_answer("no-such-stream-key"),
)
async def revoke_stream_key(name: str, stream_key_id: str, actor: CurrentActor, cases: Cases) -> None:
    """Take the key back; an encoder that uses it is cut off. For the owner."""
    await cases.streaming.revoke_stream_key(actor, name, stream_key_id)


@router.post("/playback-token", openapi_extra=may_answer("members-only"))
async def issue_playback_token(name: str, actor: CurrentActor, cases: Cases) -> PlaybackTokenShape:
    """A token for `POST /whep/{name}` where the channel is for members only; one for each connection.

    Whoever has it can open the media for a minute, and nothing else. For whoever may watch.
    """
    issued = await cases.streaming.issue_playback_token(actor, name)
    return PlaybackTokenShape(token=issued.token, expires_at=issued.expires_at)


@router.get("/broadcast", openapi_extra=may_answer("not-live"))
async def get_broadcast(name: str, actor: CurrentActor, cases: Cases) -> BroadcastShape:
    """The running broadcast; 404 while the channel is not live."""
    view = await cases.streaming.current_broadcast.of_channel_named(actor, name)
    return BroadcastShape(
        id=str(view.id),
        channel_id=str(view.channel_id),
        state=view.state,
        started_at=view.started_at,
        viewers=view.viewers,
        codec=view.codec,
        width=view.width,
        height=view.height,
    )


@router.delete("/broadcast", status_code=204, openapi_extra=may_answer("not-live", "media-node-away"))
async def end_broadcast(name: str, actor: CurrentActor, cases: Cases) -> None:
    """End the running broadcast for everyone. For the owner, editors and administrators."""
    await cases.streaming.end_broadcast(actor, name)


@router.get("/broadcast/health", openapi_extra=may_answer("not-live", "bus-away"))
async def get_broadcast_health(name: str, actor: CurrentActor, cases: Cases) -> BroadcastHealthShape:
    """How the encoder's media arrives and viewers receive it. For the owner, editors and administrators."""
    samples = await cases.streaming.broadcast_health(actor, name)
    return BroadcastHealthShape(
        samples=[
            HealthSampleShape(
                at=sample.at,
                video_bitrate_bps=sample.video_bitrate_bps,
                audio_bitrate_bps=sample.audio_bitrate_bps,
                frames_per_second=round(sample.frames_per_second, 2),
                loss_fraction=min(1.0, max(0.0, sample.loss_fraction)),
                rtt_ms=sample.rtt_ms,
                jitter_ms=sample.jitter_ms,
                freezes=sample.freezes,
                viewers=sample.viewers,
                playback=None if sample.playback is None else _playback_health(sample.playback),
            )
            for sample in samples
        ]
    )


def _playback_health(stats: PlaybackStats) -> PlaybackHealthShape:
    return PlaybackHealthShape(
        viewers=stats.viewers,
        stalled=stats.stalled,
        lossy=stats.lossy,
        unplayable=stats.unplayable,
        bitrate_bps=stats.bitrate_bps,
        loss_fraction=stats.loss_fraction,
        worst_loss_fraction=stats.worst_loss_fraction,
        jitter_ms=stats.jitter_ms,
        rtt_ms=stats.rtt_ms,
        worst_rtt_ms=stats.worst_rtt_ms,
        freezes=stats.freezes,
    )


def _shown(shown: ShownStreamKey) -> ShownStreamKeyShape:
    return ShownStreamKeyShape(
        id=str(shown.key.id),
        name=shown.key.name,
        created_at=shown.key.created_at,
        expires_at=shown.key.expires_at,
        last_used_at=shown.key.last_used_at,
        stream_key=shown.secret,
    )
